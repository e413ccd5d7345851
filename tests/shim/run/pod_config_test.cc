#include "shim/run/pod_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

const PodDirs kDirs{"/root/pods/pod-uid", "/logs/default_pod_pod-uid"};

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

}  // namespace
}  // namespace sidecar_shim::run
