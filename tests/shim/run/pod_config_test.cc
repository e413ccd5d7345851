#include "shim/run/pod_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "shim/kube/expand.h"
#include "shim/run/admission.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

const PodDirs kDirs{"/root/pods/pod-uid", "/logs/default_pod_pod-uid"};

TEST(ExpandTest, FollowsKubernetes) {
  std::map<std::string, std::string> values = {{"A", "1"}, {"B", "$(A)"}};
  EXPECT_EQ(Expand("x$(A)y$(A)", values), "x1y1");
  EXPECT_EQ(Expand("$(B)", values), "$(A)");  // once only
  EXPECT_EQ(Expand("$(NONE)", values), "$(NONE)");
  EXPECT_EQ(Expand("$$(A) $$ $ $(", values), "$(A) $ $ $(");
  EXPECT_EQ(Expand("$A $", values), "$A $");
}

TEST(AdmissionTest, PullPolicyByTag) {
  EXPECT_EQ(DefaultPullPolicy("busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("busybox:latest"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox:1"), "IfNotPresent");
  EXPECT_EQ(DefaultPullPolicy("busybox@sha256:00"), "IfNotPresent");
}

TEST(AdmissionTest, JobPod) {
  auto manifest = ParseManifest(
      "{apiVersion: batch/v1, kind: Job, metadata: {name: job}, spec: {template: {spec: {restartPolicy: "
      "Never, "
      "containers: [{name: a, image: i}]}}}}");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  core::Pod pod = Admit(*manifest, TestIdentity());
  EXPECT_EQ(pod.metadata().name(), "job-abcde");
  EXPECT_EQ(pod.metadata().namespace_(), "default");
  EXPECT_EQ(pod.metadata().uid(), "pod-uid");
  std::map<std::string, std::string> labels(pod.metadata().labels().begin(), pod.metadata().labels().end());
  EXPECT_THAT(labels,
              UnorderedElementsAre(Pair("job-name", "job"), Pair("batch.kubernetes.io/job-name", "job"),
                                   Pair("controller-uid", "job-uid"),
                                   Pair("batch.kubernetes.io/controller-uid", "job-uid")));
  EXPECT_EQ(pod.metadata().ownerreferences(0).kind(), "Job");
  EXPECT_EQ(pod.spec().terminationgraceperiodseconds(), 30);
}

TEST(AdmissionTest, IdentitiesAreUuids) {
  Identity a = NewIdentity(), b = NewIdentity();
  EXPECT_NE(a.pod_uid, b.pod_uid);
  EXPECT_THAT(a.pod_uid,
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(PodConfigTest, Sandbox) {
  PodModel model = Model("containers: [{name: a, image: i}]", ", labels: {app: x}, annotations: {k: v}");
  cri::PodSandboxConfig config = SandboxConfig(model, kDirs, 2);
  EXPECT_EQ(config.metadata().name(), "pod");
  EXPECT_EQ(config.metadata().namespace_(), "default");
  EXPECT_EQ(config.metadata().uid(), "pod-uid");
  EXPECT_EQ(config.metadata().attempt(), 2);
  EXPECT_EQ(config.hostname(), "pod");
  EXPECT_EQ(config.log_directory(), kDirs.log_dir);
  std::map<std::string, std::string> labels(config.labels().begin(), config.labels().end());
  EXPECT_THAT(labels, UnorderedElementsAre(Pair("app", "x"), Pair("io.kubernetes.pod.name", "pod"),
                                           Pair("io.kubernetes.pod.namespace", "default"),
                                           Pair("io.kubernetes.pod.uid", "pod-uid")));
  EXPECT_EQ(config.annotations().at("k"), "v");
  EXPECT_EQ(config.annotations().at("kubernetes.io/config.source"), "api");
  EXPECT_EQ(config.linux().security_context().namespace_options().network(), cri::POD);
  EXPECT_EQ(config.linux().cgroup_parent(), "");
}

TEST(PodConfigTest, HostNetworkPodsHaveNoHostName) {
  cri::PodSandboxConfig config =
      SandboxConfig(Model("hostNetwork: true, containers: [{name: a, image: i}]"), kDirs, 0);
  EXPECT_EQ(config.hostname(), "");
  EXPECT_EQ(config.linux().security_context().namespace_options().network(), cri::NODE);
}

TEST(PodConfigTest, Container) {
  PodModel model = Model(R"spec(
      terminationGracePeriodSeconds: 7, volumes: [{name: e, emptyDir: {}}, {name: h, hostPath: {path: /host}}],
      containers: [{name: a, image: "i:1", command: [echo, "$(ALL)"], args: ["$$(WHO)"], workingDir: /w,
        env: [{name: WHO, value: one}, {name: ALL, value: "$(WHO) $(LATER)"}, {name: LATER, value: x},
              {name: WHO, value: two}, {name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}},
              {name: L, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}],
        lifecycle: {preStop: {exec: {command: ["true"]}}}, ports: [{containerPort: 80, name: web}],
        securityContext: {runAsUser: 33, readOnlyRootFilesystem: true},
        volumeMounts: [{name: e, mountPath: /e, subPath: s}, {name: h, mountPath: /h, readOnly: true}]}])spec",
                         ", labels: {app: web}");
  cri::ContainerConfig config = ContainerConfig(model, model.containers[0], kDirs, "sha256:1", 3);
  EXPECT_EQ(config.metadata().name(), "a");
  EXPECT_EQ(config.metadata().attempt(), 3);
  EXPECT_EQ(config.image().image(), "sha256:1");
  EXPECT_EQ(config.image().user_specified_image(), "i:1");
  EXPECT_THAT(config.command(), ElementsAre("echo", "one $(LATER)"));
  EXPECT_THAT(config.args(), ElementsAre("$(WHO)"));
  EXPECT_EQ(config.working_dir(), "/w");
  std::vector<std::string> envs;
  for (const auto& env : config.envs()) envs.push_back(env.key() + "=" + env.value());
  EXPECT_THAT(envs, ElementsAre("ALL=one $(LATER)", "LATER=x", "WHO=two", "UID=pod-uid", "L=web"));
  ASSERT_EQ(config.mounts_size(), 3);
  EXPECT_THAT(config.mounts(0).host_path(), HasSubstr("/root/pods/pod-uid/volumes/"));
  EXPECT_THAT(config.mounts(0).host_path(), testing::EndsWith("/e/s"));
  EXPECT_EQ(config.mounts(1).host_path(), "/host");
  EXPECT_TRUE(config.mounts(1).readonly());
  EXPECT_EQ(config.mounts(2).container_path(), "/dev/termination-log");
  EXPECT_EQ(config.labels().size(), 4u);
  EXPECT_EQ(config.labels().at("io.kubernetes.container.name"), "a");
  EXPECT_EQ(config.annotations().at("io.kubernetes.container.restartCount"), "3");
  EXPECT_EQ(config.annotations().at("io.kubernetes.pod.terminationGracePeriod"), "7");
  EXPECT_EQ(config.annotations().at("io.kubernetes.container.preStopHandler"),
            R"({"exec":{"command":["true"]}})");
  EXPECT_EQ(config.annotations().at("io.kubernetes.container.ports"),
            R"([{"containerPort":80,"name":"web"}])");
  EXPECT_EQ(config.log_path(), "a/3.log");
  EXPECT_EQ(config.linux().security_context().run_as_user().value(), 33);
  EXPECT_TRUE(config.linux().security_context().readonly_rootfs());
}

TEST(PodModelTest, TraitsAndKinds) {
  PodModel model = Model(R"(
      initContainers: [{name: i, image: i}, {name: n, image: i, restartPolicy: Always}],
      containers: [{name: a, image: i}, {name: b, image: i, env: [{name: KRUISE_CONTAINER_PRIORITY, value: "5"},
        {name: YES, value: "TRUE"}, {name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: $(YES)}]}])");
  EXPECT_EQ(model.init_containers[0].kind, ContainerKind::kInit);
  EXPECT_EQ(model.init_containers[1].kind, ContainerKind::kNativeSidecar);
  EXPECT_FALSE(model.containers[0].traits.sidecar);
  EXPECT_TRUE(model.containers[1].traits.sidecar);
  EXPECT_EQ(model.containers[1].priority, 5);
  ASSERT_NE(model.Find("n"), nullptr);
  EXPECT_EQ(model.Find("x"), nullptr);
}

TEST(PodModelTest, OrderedPods) {
  PodModel model = Model("containers: [{name: a, image: i}, {name: b, image: i}]",
                         ", annotations: {apps.kruise.io/container-launch-priority: Ordered}");
  EXPECT_EQ(model.containers[0].priority, 0);
  EXPECT_EQ(model.containers[1].priority, -1);
}

TEST(PodModelTest, ProbesAreLeftOutWithAWarning) {
  PodModel model = Model("containers: [{name: a, image: i, readinessProbe: {exec: {command: [x]}}}]");
  EXPECT_FALSE(model.pod.spec().containers(0).has_readinessprobe());
  EXPECT_THAT(model.warnings, ElementsAre(HasSubstr("probes are not run")));
}

TEST(PodModelTest, RefusesWhatRunCannotDo) {
  auto error = [](const std::string& spec) { return std::string(TryModel(spec).status().message()); };
  EXPECT_THAT(error("containers: [{name: a}]"), HasSubstr("spec.containers[0].image is missing"));
  EXPECT_THAT(error("containers: [{name: a, image: i, envFrom: [{secretRef: {name: x}}]}]"),
              HasSubstr("envFrom"));
  EXPECT_THAT(error("containers: [{name: a, image: i, env: [{name: E, valueFrom: {secretKeyRef: {}}}]}]"),
              HasSubstr("(E): valueFrom.secretKeyRef is not supported"));
  EXPECT_THAT(error("containers: [{name: a, image: i, env: [{name: E, valueFrom: {fieldRef: {fieldPath: "
                    "status.podIP}}}]}]"),
              HasSubstr("status.podIP is not supported"));
  EXPECT_THAT(error("containers: [{name: a, image: i}], volumes: [{name: v, configMap: {name: c}}]"),
              HasSubstr("volume v of kind configMap"));
  EXPECT_THAT(error("containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}]}]"),
              HasSubstr("no volume called v"));
  EXPECT_THAT(error("containers: [{name: a, image: i}, null]"), HasSubstr("name is missing"));
}

}  // namespace
}  // namespace sidecar_shim::run
