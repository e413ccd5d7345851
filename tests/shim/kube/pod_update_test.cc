#include "shim/kube/pod_update.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shim/kube/pod_json.h"
#include "shim/run/pod_offer.h"
#include "shim/specs/annotation_source.h"

namespace sidecar_shim {
namespace {

namespace core = k8s::io::api::core::v1;

core::Container& Add(core::Pod& pod, const std::string& name) {
  core::Container& container = *pod.mutable_spec()->add_containers();
  container.set_name(name);
  return container;
}

core::EnvVar& AddEnv(core::Container& container, const std::string& name, const std::string& value) {
  core::EnvVar& env = *container.add_env();
  env.set_name(name);
  env.set_value(value);
  return env;
}

TEST(PodUpdateTest, RestartPolicyDefaultsToAlways) {
  const struct {
    std::string text;
    policy::RestartPolicy expected;
  } cases[] = {
      {"", policy::RestartPolicy::kAlways},
      {"Always", policy::RestartPolicy::kAlways},
      {"OnFailure", policy::RestartPolicy::kOnFailure},
      {"Never", policy::RestartPolicy::kNever},
      {"Sometimes", policy::RestartPolicy::kUnknown},
  };
  for (const auto& [text, expected] : cases) {
    core::Pod pod;
    Add(pod, "main");
    pod.mutable_spec()->set_restartpolicy(text);
    EXPECT_EQ(FromCorePod(pod, "s")->spec.restart_policy, expected) << text;
  }
}

TEST(PodUpdateTest, PodWithoutContainersIsNotFound) {
  core::Pod pod;
  pod.mutable_metadata()->set_uid("uid-1");
  pod.mutable_spec()->set_restartpolicy("Never");
  pod.mutable_spec()->add_initcontainers()->set_name("init");
  EXPECT_TRUE(absl::IsNotFound(FromCorePod(pod, "s").status()));
}

TEST(PodUpdateTest, RegularContainersInSpecOrder) {
  core::Pod pod;
  pod.mutable_spec()->add_initcontainers()->set_name("init");
  Add(pod, "z");
  Add(pod, "a");
  const policy::PodSpec spec = FromCorePod(pod, "pods-api")->spec;
  EXPECT_EQ(spec.source, "pods-api");
  ASSERT_EQ(spec.containers.size(), 2u);
  EXPECT_EQ(spec.containers[0].name, "z");
  EXPECT_EQ(spec.containers[1].name, "a");
  EXPECT_EQ(spec.Find("init"), nullptr);
}

TEST(PodUpdateTest, TraitsFromEnvs) {
  core::Pod pod;
  core::Container& container = Add(pod, "agent");
  AddEnv(container, std::string(policy::kPriorityEnv), "5");
  AddEnv(container, std::string(policy::kTerminateEnv), "true");
  const policy::Traits traits = FromCorePod(pod, "s")->spec.containers[0].traits;
  EXPECT_EQ(traits.priority.kind, policy::Priority::Kind::kValue);
  EXPECT_EQ(traits.priority.value, 5);
  EXPECT_TRUE(traits.sidecar);
}

TEST(PodUpdateTest, WhatOnlyKubeletCanResolve) {
  core::Pod pod;
  AddEnv(Add(pod, "reference"), std::string(policy::kPriorityEnv), "$(OTHER)");
  AddEnv(Add(pod, "source"), std::string(policy::kPriorityEnv), "").mutable_valuefrom();
  const policy::PodSpec spec = FromCorePod(pod, "s")->spec;
  for (const policy::ContainerSpec& container : spec.containers) {
    EXPECT_EQ(container.traits.priority.kind, policy::Priority::Kind::kUnresolved) << container.name;
  }
}

TEST(PodUpdateTest, PostStartIsKnownEitherWay) {
  core::Pod pod;
  Add(pod, "none");
  Add(pod, "pre").mutable_lifecycle()->mutable_prestop();
  Add(pod, "post").mutable_lifecycle()->mutable_poststart();
  const policy::PodSpec spec = FromCorePod(pod, "s")->spec;
  EXPECT_EQ(spec.containers[0].post_start, policy::TriState::kNo);
  EXPECT_EQ(spec.containers[1].post_start, policy::TriState::kNo);
  EXPECT_EQ(spec.containers[2].post_start, policy::TriState::kYes);
}

TEST(PodUpdateTest, OwnRestartPolicy) {
  core::Pod pod;
  Add(pod, "none");
  Add(pod, "own").set_restartpolicy("Never");
  core::Container& ruled = Add(pod, "ruled");
  ruled.set_restartpolicy("Never");
  const auto rule = [&ruled](const char* action, const char* operation, int32_t code) {
    core::ContainerRestartRule& added = *ruled.add_restartpolicyrules();
    added.set_action(action);
    added.mutable_exitcodes()->set_operator_(operation);
    added.mutable_exitcodes()->add_values(code);
  };
  rule("Restart", "In", 7);
  rule("RestartAllContainers", "NotIn", 0);
  rule("Rest", "In", 8);
  rule("Restart", "Between", 9);
  // Kubelet looks at rules only where there is a policy.
  *Add(pod, "rules alone").add_restartpolicyrules() = ruled.restartpolicyrules(0);
  const policy::PodSpec spec = FromCorePod(pod, "s")->spec;
  EXPECT_FALSE(spec.containers[0].own_restart_policy);
  EXPECT_EQ(spec.containers[1].own_restart_policy, policy::RestartPolicy::kNever);
  EXPECT_EQ(spec.containers[2].own_restart_policy, policy::RestartPolicy::kNever);
  EXPECT_EQ(spec.containers[2].restart_rules,
            (std::vector<policy::RestartRule>{{/*any_but=*/false, {7}}, {/*any_but=*/true, {0}}}));
  EXPECT_TRUE(spec.containers[3].restart_rules.empty());
}

TEST(PodUpdateTest, ExecProbesRunWhatKubeletRuns) {
  const absl::StatusOr<core::Pod> pod = PodFromJson(nlohmann::json::parse(R"json({
    "metadata": {"name": "p", "uid": "u"},
    "spec": {"containers": [
      {"name": "c", "env": [{"name": "PORT", "value": "80"}, {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "f"}}}],
       "readinessProbe": {"exec": {"command": ["check", "$(PORT)", "$$(PORT)", "[$(IP)]", "$(NONE)"]}}}]}})json"));
  ASSERT_TRUE(pod.ok()) << pod.status();
  EXPECT_EQ(FromCorePod(*pod, "s")->spec.containers[0].readiness_probe->command,
            (std::vector<std::string>{"check", "80", "$(PORT)", "[]", "$(NONE)"}));
}

TEST(PodUpdateTest, ProbesOfAllKinds) {
  const absl::StatusOr<core::Pod> pod = PodFromJson(nlohmann::json::parse(R"({
    "metadata": {"name": "p", "uid": "u"},
    "spec": {"containers": [
      {"name": "exec", "startupProbe": {"exec": {"command": ["cat", "/ready"]}, "failureThreshold": 30}},
      {"name": "http", "ports": [{"name": "web", "containerPort": 8080}],
       "readinessProbe": {"httpGet": {"path": "/ok", "port": "web", "scheme": "HTTPS",
                                      "httpHeaders": [{"name": "X-A", "value": "b"}]},
                          "initialDelaySeconds": 2, "periodSeconds": 3, "successThreshold": 2}},
      {"name": "tcp", "readinessProbe": {"tcpSocket": {"port": 6379, "host": "10.0.0.1"}}},
      {"name": "grpc", "readinessProbe": {"grpc": {"port": 9000, "service": "s"}, "timeoutSeconds": 4}},
      {"name": "lost", "readinessProbe": {"tcpSocket": {"port": "no-such-port"}}},
      {"name": "none"}]},
    "status": {"containerStatuses": [
      {"name": "http", "ready": true, "containerID": "containerd://abc"},
      {"name": "tcp", "ready": false, "containerID": "containerd://def"}]}})"));
  ASSERT_TRUE(pod.ok()) << pod.status();
  const PodUpdate update = *FromCorePod(*pod, "s");
  const auto& containers = update.spec.containers;
  EXPECT_EQ(containers[0].startup_probe->command, (std::vector<std::string>{"cat", "/ready"}));
  EXPECT_EQ(containers[0].startup_probe->failure_threshold, 30);
  EXPECT_EQ(containers[0].startup_probe->period, std::chrono::seconds(10));
  EXPECT_FALSE(containers[0].readiness_probe);
  const policy::ProbeSpec http = *containers[1].readiness_probe;
  EXPECT_EQ(http.port, 8080);
  EXPECT_EQ(http.path, "/ok");
  EXPECT_TRUE(http.https);
  EXPECT_EQ(http.headers.at(0).second, "b");
  EXPECT_EQ(http.initial_delay, std::chrono::seconds(2));
  EXPECT_EQ(http.success_threshold, 2);
  EXPECT_EQ(containers[2].readiness_probe->port, 6379);
  EXPECT_EQ(containers[2].readiness_probe->host, "10.0.0.1");
  EXPECT_EQ(containers[3].readiness_probe->service, "s");
  EXPECT_EQ(containers[3].readiness_probe->timeout, std::chrono::seconds(4));
  EXPECT_EQ(containers[4].readiness_probe->port, 0);
  EXPECT_TRUE(containers[4].Probed());
  EXPECT_FALSE(containers[5].Probed());
  EXPECT_EQ(update.ready, std::vector<policy::ContainerId>{"abc"});
}

TEST(PodUpdateTest, DeletionAndTheNodesAddress) {
  auto read = [](const std::string& json) {
    return *FromCorePod(*PodFromJson(nlohmann::json::parse(json)), "s");
  };
  const std::string spec = R"("spec": {"containers": [{"name": "c"}]})";
  const PodUpdate deleted = read(R"({"metadata": {"name": "p", "deletionTimestamp": "2024-01-01T00:00:00Z",
    "deletionGracePeriodSeconds": 0}, "status": {"hostIP": "10.0.0.7"}, )" +
                                 spec + "}");
  EXPECT_TRUE(deleted.terminating);
  EXPECT_EQ(deleted.host_ip, "10.0.0.7");
  const PodUpdate other = read(R"({"metadata": {"name": "p"}, )" + spec + "}");
  EXPECT_FALSE(other.terminating);
  EXPECT_EQ(other.host_ip, "");
}

TEST(PodUpdateTest, AnnotationOfThePodGivesTheSameSpec) {
  core::Pod pod;
  pod.mutable_spec()->set_restartpolicy("OnFailure");
  AddEnv(Add(pod, "main"), "OTHER", "1");
  core::Container& agent = Add(pod, "agent");
  AddEnv(agent, "KRUISE_CONTAINER_PRIORITY", "-5");
  AddEnv(agent, "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true");
  agent.mutable_lifecycle()->mutable_poststart();
  absl::StatusOr<policy::PodSpec> read = ParseContainersAnnotation(run::ContainersAnnotation(pod));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, FromCorePod(pod, read->source)->spec);
}

}  // namespace
}  // namespace sidecar_shim
