#include "shim/specs/annotation_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/settings.h"

namespace sidecar_shim {
namespace {

using testing::HasSubstr;

TEST(AnnotationSourceTest, ParsesAllFields) {
  const auto spec = ParseContainersAnnotation(R"({"restartPolicy": "OnFailure", "containers": [
      {"name": "main"},
      {"name": "agent", "priority": -7, "sidecar": true, "ignoreExitCode": true, "postStart": false},
      {"name": "web", "ignoreExitCode": true, "postStart": true}]})");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->source, "annotation");
  EXPECT_EQ(spec->restart_policy, policy::RestartPolicy::kOnFailure);
  ASSERT_EQ(spec->containers.size(), 3u);
  const auto& main = spec->containers[0];
  EXPECT_EQ(main.name, "main");
  EXPECT_FALSE(main.traits.ShowsIntent());
  EXPECT_EQ(main.post_start, policy::TriState::kUnknown);
  const auto& agent = spec->containers[1];
  EXPECT_EQ(agent.traits.priority.value, -7);
  EXPECT_TRUE(agent.traits.sidecar);
  EXPECT_TRUE(agent.traits.ignore_exit_code);
  EXPECT_EQ(agent.post_start, policy::TriState::kNo);
  // ignoreExitCode has no effect without sidecar.
  EXPECT_FALSE(spec->containers[2].traits.ignore_exit_code);
  EXPECT_EQ(spec->containers[2].post_start, policy::TriState::kYes);
}

TEST(AnnotationSourceTest, RestartPolicyIsOptional) {
  const auto spec = ParseContainersAnnotation(R"({"containers": [{"name": "a"}]})");
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->restart_policy, policy::RestartPolicy::kUnknown);
}

TEST(AnnotationSourceTest, ErrorsNameTheMalformedField) {
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"", ""},
      {"{", ""},
      {"[]", "not an object"},
      {"{}", "containers"},
      {R"({"containers": []})", "containers"},
      {R"({"containers": {"name": "a"}})", "containers"},
      {R"({"containers": ["a"]})", "containers[0]"},
      {R"({"containers": [{}]})", "containers[0] has no name"},
      {R"({"containers": [{"name": 1}]})", ""},
      {R"({"containers": [{"name": "a"}, {"name": "a"}]})", "\"a\" is listed twice"},
      {R"({"containers": [{"name": "a", "prio": 1}]})", "\"prio\""},
      {R"({"containers": [{"name": "a", "priority": "1"}]})", "containers[0].priority"},
      {R"({"containers": [{"name": "a", "priority": 1.5}]})", "containers[0].priority"},
      {R"({"containers": [{"name": "a", "priority": 2147483648}]})", "containers[0].priority"},
      {R"({"containers": [{"name": "a", "sidecar": "true"}]})", ""},
      {R"({"containers": [{"name": "a", "postStart": 0}]})", ""},
      {R"({"restartPolicy": "never", "containers": [{"name": "a"}]})", "\"never\""},
      {R"({"restart": "Never", "containers": [{"name": "a"}]})", "\"restart\""},
      {R"({"containers": [{"name": "a", "priority": [1]}]})", "nested"},
      {"{\"containers\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}", "nested"},
      {std::string(30'000, '['), "parse error"},
      {std::string(65'537, ' '), "longer than"},
  };
  for (const auto& [text, error] : cases) {
    const auto spec = ParseContainersAnnotation(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr(error)) << text;
  }
}

TEST(AnnotationSourceTest, FindAnswersAtOnceAndCountsMalformedAnnotations) {
  Counters counters;
  AnnotationSource source(counters);
  const std::string key(policy::kContainersAnnotation);
  absl::StatusOr<PodUpdate> found;
  int answers = 0;
  auto on_answer = [&](const absl::StatusOr<PodUpdate>& update) {
    ++answers;
    found = update;
  };
  source.Find({{"ns", "pod", "uid"}, {}}, on_answer);
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  source.Find({{"ns", "pod", "uid"}, {{key, "malformed"}}}, on_answer);
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  EXPECT_EQ(counters.malformed_annotations.value(), 1u);
  source.Find({{"ns", "pod", "uid"}, {{key, "malformed"}}}, on_answer);
  EXPECT_EQ(counters.malformed_annotations.value(), 1u) << "the same value is counted once";
  source.Find({{"ns", "pod", "uid"}, {{key, R"({"containers": [{"name": "a"}]})"}}}, on_answer);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->spec.containers[0].name, "a");
  EXPECT_EQ(answers, 4);
}

}  // namespace
}  // namespace sidecar_shim
