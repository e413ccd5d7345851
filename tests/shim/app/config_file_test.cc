#include "shim/app/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/shim_under_test.h"

namespace sidecar_shim {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<config::Config> ParseText(const std::string& text) {
  const sidecar_shim::testing::TempDir dir;
  std::ofstream(dir.File("config.yaml")) << text;
  return ParseConfigFile(dir.File("config.yaml"));
}

TEST(ConfigFileTest, EmptyFileChangesNothing) {
  for (const char* text : {"", "# only a comment\n", "{}"}) EXPECT_TRUE(ParseText(text).ok()) << text;
}

TEST(ConfigFileTest, UnusableFiles) {
  const struct {
    std::string text;
    std::string said;
  } cases[] = {
      {"lunch-ahead: true\n", "unknown key \"lunch-ahead\""},
      {"launch_ahead: true\n", "unknown key \"launch_ahead\""},
      {"launch-ahead: maybe\n", "launch-ahead: expected true or false, found \"maybe\""},
      {"listen: [a]\n", "listen: expected a text, found [\"a\"]"},
      {"launch-timeout: true\n", "launch-timeout: expected a text, found true"},
      {"drain-delay: {a: 1}\n", "drain-delay: expected a text, found"},
      {"runtime: /a\nruntime: /b\n", "runtime"},
      {"- a\n", "expected a mapping of keys to values"},
      {"word\n", "expected a mapping of keys to values"},
      {"5\n", "expected a mapping of keys to values"},
      {"a: {\n", ""},
      {"listen: /a\n---\nlisten: /b\n", "more than one"},
  };
  for (const auto& [text, said] : cases) {
    const auto config = ParseText(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(said)) << text;
  }
}

TEST(ConfigFileTest, KeyWithoutValueLeavesTheDefault) {
  const auto file = ParseText("launch-timeout:\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE(file->has_launch_timeout());
}

TEST(ConfigFileTest, DirectoryIsNoFile) {
  const sidecar_shim::testing::TempDir dir;
  const auto config = ParseConfigFile(dir.File(""));
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("Is a directory"));
}

TEST(ConfigFileTest, MissingFileIsNamed) {
  const auto config = ParseConfigFile("/nonexistent/config.yaml");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("/nonexistent/config.yaml"));
}

}  // namespace
}  // namespace sidecar_shim
