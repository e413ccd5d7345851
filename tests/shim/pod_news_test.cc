#include "shim/sources/pod_news.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(PodNewsTest, RestartPolicyDefaultsToAlways) {
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
    pod.mutable_spec()->set_restartpolicy(text);
    EXPECT_EQ(NewsFromPod(pod, "s").plan.restart_policy, expected) << text;
  }
}

TEST(PodNewsTest, RegularContainersInSpecOrder) {
  core::Pod pod;
  pod.mutable_spec()->add_initcontainers()->set_name("init");
  Add(pod, "z");
  Add(pod, "a");
  const policy::PodPlan plan = NewsFromPod(pod, "pods-api").plan;
  EXPECT_EQ(plan.source, "pods-api");
  ASSERT_EQ(plan.containers.size(), 2u);
  EXPECT_EQ(plan.containers[0].name, "z");
  EXPECT_EQ(plan.containers[1].name, "a");
  EXPECT_EQ(plan.Find("init"), nullptr);
}

TEST(PodNewsTest, TraitsFromEnvs) {
  core::Pod pod;
  core::Container& container = Add(pod, "agent");
  AddEnv(container, std::string(policy::kPriorityEnv), "5");
  AddEnv(container, std::string(policy::kTerminateEnv), "true");
  const policy::Traits traits = NewsFromPod(pod, "s").plan.containers[0].traits;
  EXPECT_EQ(traits.priority.kind, policy::Priority::Kind::kValue);
  EXPECT_EQ(traits.priority.value, 5);
  EXPECT_TRUE(traits.sidecar);
}

TEST(PodNewsTest, WhatOnlyKubeletCanResolve) {
  core::Pod pod;
  AddEnv(Add(pod, "reference"), std::string(policy::kPriorityEnv), "$(OTHER)");
  AddEnv(Add(pod, "source"), std::string(policy::kPriorityEnv), "").mutable_valuefrom();
  const policy::PodPlan plan = NewsFromPod(pod, "s").plan;
  for (const policy::PlannedContainer& container : plan.containers) {
    EXPECT_EQ(container.traits.priority.kind, policy::Priority::Kind::kUnresolved) << container.name;
  }
}

TEST(PodNewsTest, PostStartIsKnownEitherWay) {
  core::Pod pod;
  Add(pod, "none");
  Add(pod, "pre").mutable_lifecycle()->mutable_prestop();
  Add(pod, "post").mutable_lifecycle()->mutable_poststart();
  const policy::PodPlan plan = NewsFromPod(pod, "s").plan;
  EXPECT_EQ(plan.containers[0].post_start, policy::Tri::kNo);
  EXPECT_EQ(plan.containers[1].post_start, policy::Tri::kNo);
  EXPECT_EQ(plan.containers[2].post_start, policy::Tri::kYes);
}

TEST(PodNewsTest, OwnRestartPolicy) {
  core::Pod pod;
  Add(pod, "none");
  Add(pod, "own").set_restartpolicy("Never");
  core::Container& ruled = Add(pod, "ruled");
  ruled.set_restartpolicy("Never");
  ruled.add_restartpolicyrules()->set_action("Restart");
  const policy::PodPlan plan = NewsFromPod(pod, "s").plan;
  EXPECT_FALSE(plan.containers[0].own_restart_policy);
  EXPECT_EQ(plan.containers[1].own_restart_policy, policy::RestartPolicy::kNever);
  EXPECT_EQ(plan.containers[2].own_restart_policy, policy::RestartPolicy::kUnknown);
}

}  // namespace
}  // namespace sidecar_shim
