#include "shim/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

#include "tests/fake_runtime/shim_under_test.h"

namespace sidecar_shim {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<config::Config> Parse(const std::string& text) {
  const sidecar_shim::testing::TempDir dir;
  std::ofstream(dir.File("config.yaml")) << text;
  return ParseConfigFile(dir.File("config.yaml"));
}

TEST(ConfigTest, DefaultsAreValid) {
  const auto config = MakeDaemonConfig({}, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, "/run/sidecar-shim/cri.sock");
  EXPECT_EQ(config->runtime, "unix:///run/containerd/containerd.sock");
  EXPECT_EQ(config->image_service, config->runtime);
  EXPECT_TRUE(config->policy.launch_ahead);
  EXPECT_EQ(config->policy.mask, policy::MaskMode::kAlways);
  EXPECT_EQ(config->policy.launch_timeout, std::chrono::minutes(5));
  EXPECT_EQ(config->policy.drain_delay, policy::Duration{0});
  EXPECT_EQ(config->shutdown_grace, std::chrono::seconds(5));
}

TEST(ConfigTest, FlagsCountBeforeTheFile) {
  const auto file = Parse(
      "runtime: /run/crio/crio.sock\n"
      "image-service: unix:///run/images.sock\n"
      "launch-ahead: false\n"
      "launch-timeout: 1m30s\n"
      "mask-exit-code: never\n");
  ASSERT_TRUE(file.ok()) << file.status();
  config::Config flags;
  flags.set_mask_exit_code("on-request");
  const auto config = MakeDaemonConfig(*file, flags);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->runtime, "unix:///run/crio/crio.sock");
  EXPECT_EQ(config->image_service, "unix:///run/images.sock");
  EXPECT_FALSE(config->policy.launch_ahead);
  EXPECT_EQ(config->policy.launch_timeout, std::chrono::seconds(90));
  EXPECT_EQ(config->policy.mask, policy::MaskMode::kOnRequest);
}

TEST(ConfigTest, EmptyFileChangesNothing) {
  for (const char* text : {"", "# only a comment\n", "{}"}) EXPECT_TRUE(Parse(text).ok()) << text;
}

TEST(ConfigTest, UnusableFiles) {
  const struct {
    std::string text;
    std::string said;
  } cases[] = {
      {"lunch-ahead: true\n", "lunch-ahead"},
      {"launch-ahead: maybe\n", "launch"},
      {"listen: [a]\n", "listen"},
      {"runtime: /a\nruntime: /b\n", "runtime"},
      {"- a\n", ""},
      {"a: {\n", ""},
      {"listen: /a\n---\nlisten: /b\n", "more than one"},
  };
  for (const auto& [text, said] : cases) {
    const auto config = Parse(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(said)) << text;
  }
}

TEST(ConfigTest, MissingFileIsNamed) {
  const auto config = ParseConfigFile("/nonexistent/config.yaml");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("/nonexistent/config.yaml"));
}

TEST(ConfigTest, BadValuesNameTheirKey) {
  const struct {
    std::string key;
    std::function<void(config::Config&)> set;
  } cases[] = {
      {"listen", [](config::Config& c) { c.set_listen("relative.sock"); }},
      {"listen", [](config::Config& c) { c.set_listen(""); }},
      {"runtime", [](config::Config& c) { c.set_runtime("tcp://localhost:1"); }},
      {"image-service", [](config::Config& c) { c.set_image_service("x"); }},
      {"log-level", [](config::Config& c) { c.set_log_level("loud"); }},
      {"log-format", [](config::Config& c) { c.set_log_format("xml"); }},
      {"mask-exit-code", [](config::Config& c) { c.set_mask_exit_code("sometimes"); }},
      {"launch-timeout", [](config::Config& c) { c.set_launch_timeout("5"); }},
      {"drain-delay", [](config::Config& c) { c.set_drain_delay("-1s"); }},
      {"failed-main-settle", [](config::Config& c) { c.set_failed_main_settle("1d"); }},
      {"main-list-settle", [](config::Config& c) { c.set_main_list_settle(""); }},
      {"shutdown-grace", [](config::Config& c) { c.set_shutdown_grace("soon"); }},
      {"the same socket", [](config::Config& c) { c.set_listen("/run/containerd/containerd.sock"); }},
  };
  for (const auto& [key, set] : cases) {
    config::Config flags;
    set(flags);
    const auto config = MakeDaemonConfig({}, flags);
    ASSERT_FALSE(config.ok()) << key;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(key));
  }
}

}  // namespace
}  // namespace sidecar_shim
