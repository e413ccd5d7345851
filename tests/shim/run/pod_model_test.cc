#include "shim/run/pod_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

TEST(PodModelTest, Hooks) {
  PodModel model = Model(R"(containers: [
      {name: a, image: i, lifecycle: {postStart: {sleep: {seconds: 4}}, preStop: {exec: {command: [x]}}}},
      {name: b, image: i, lifecycle: {preStop: {httpGet: {port: 80}}}}, {name: c, image: i}])");
  EXPECT_EQ(std::get<SleepHook>(model.containers[0].post_start).seconds, 4);
  EXPECT_THAT(std::get<ExecHook>(model.containers[0].pre_stop).command, ElementsAre("x"));
  EXPECT_EQ(model.containers[0].pre_stop_json, R"({"exec":{"command":["x"]}})");
  EXPECT_EQ(std::get<UnsupportedHook>(model.containers[1].pre_stop).kind, "httpGet");
  EXPECT_THAT(model.warnings, ElementsAre("b: a httpGet hook is not supported by run"));
  EXPECT_TRUE(std::holds_alternative<NoHook>(model.containers[2].pre_stop));
  EXPECT_EQ(model.containers[2].pre_stop_json, "");
}

TEST(PodModelTest, RefusesWhatRunDoesNotSupport) {
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
  EXPECT_THAT(error("containers: [{name: a, image: i, lifecycle: {preStop: {sleep: {seconds: x}}}}]"),
              HasSubstr("spec.containers[0].lifecycle.preStop: the handler is not usable"));
  EXPECT_THAT(error("containers: [{name: a, image: i}, null]"), HasSubstr("name is missing"));
}

}  // namespace
}  // namespace sidecar_shim::run
