#include "shim/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "shim/app/config_file.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
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
  EXPECT_EQ(config->policy, policy::Options{}) << "the table's defaults are the policy's own";
  EXPECT_EQ(config->shutdown_grace, std::chrono::seconds(5));
}

TEST(ConfigTest, FlagsWinOverTheFile) {
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

TEST(ConfigTest, BareZeroIsADuration) {
  const auto file = Parse("launch-timeout: 0\ndrain-delay: 0\n");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto config = MakeDaemonConfig(*file, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy.launch_timeout, policy::Duration{0});
  EXPECT_EQ(config->policy.drain_delay, policy::Duration{0});
}

TEST(ConfigTest, OtherBareNumbersAreNoDurations) {
  const auto file = Parse("launch-timeout: 5\n");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto config = MakeDaemonConfig(*file, {});
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("launch-timeout: \"5\" is not a duration"));
}

TEST(ConfigTest, OneSocketInManySpellingsIsFound) {
  const sidecar_shim::testing::TempDir dir;
  std::filesystem::create_directory(dir.File("run"));
  std::filesystem::create_symlink(dir.File("run"), dir.File("link"));
  for (const std::string& spelled :
       {dir.File("run/a.sock"), dir.File("run/../run/a.sock"), dir.File("run//a.sock"),
        dir.File("run/a.sock/"), dir.File("none/../run/./a.sock"), dir.File("link/a.sock")}) {
    for (const bool images : {false, true}) {
      config::Config flags;
      flags.set_listen(spelled);
      images ? flags.set_image_service(dir.File("run/a.sock")) : flags.set_runtime(dir.File("run/a.sock"));
      const auto config = MakeDaemonConfig({}, flags);
      EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << spelled;
      EXPECT_THAT(std::string(config.status().message()),
                  HasSubstr(images ? "image-service and listen are the same socket"
                                   : "runtime and listen are the same socket"))
          << spelled;
    }
  }
}

TEST(ConfigTest, SocketPathsFitASocketAddress) {
  const std::string fits = "/" + std::string(106, 'a');
  config::Config flags;
  flags.set_listen(fits);
  EXPECT_TRUE(MakeDaemonConfig({}, flags).ok());
  const struct {
    std::string key;
    std::string* (config::Config::*value)();
  } cases[] = {
      {"listen", &config::Config::mutable_listen},
      {"runtime", &config::Config::mutable_runtime},
      {"image-service", &config::Config::mutable_image_service},
  };
  for (const auto& [key, value] : cases) {
    config::Config too_long;
    *(too_long.*value)() = fits + "a";
    const auto config = MakeDaemonConfig({}, too_long);
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(key + ": ")) << key;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr("107 bytes")) << key;
  }
}

TEST(ConfigTest, Sources) {
  EXPECT_THAT(MakeDaemonConfig({}, {})->sources, ElementsAre("pods-api", "api-server", "kubelet-pods",
                                                             "static-pod", "annotation", "podresources"));
  const auto file = Parse("sources: annotation, api-server\nnode-name: node-1.example\n");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto config = MakeDaemonConfig(*file, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->sources, ElementsAre("annotation", "api-server"));
  EXPECT_EQ(config->node_name, "node-1.example");
  // Everything that is wrong at once.
  config::Config flags;
  flags.set_sources("x,annotation,annotation,y");
  EXPECT_THAT(std::string(MakeDaemonConfig({}, flags).status().message()),
              AllOf(HasSubstr("\"x\""), HasSubstr("\"y\""), HasSubstr("twice")));
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
      {"kubelet-root-dir", [](config::Config& c) { c.set_kubelet_root_dir("var/lib/kubelet"); }},
      {"kubelet-root-dir", [](config::Config& c) { c.set_kubelet_root_dir(""); }},
      {"static-pod-path", [](config::Config& c) { c.set_static_pod_path("manifests"); }},
      {"log-level", [](config::Config& c) { c.set_log_level("loud"); }},
      {"log-format", [](config::Config& c) { c.set_log_format("xml"); }},
      {"mask-exit-code", [](config::Config& c) { c.set_mask_exit_code("sometimes"); }},
      {"launch-timeout", [](config::Config& c) { c.set_launch_timeout("5"); }},
      {"drain-delay", [](config::Config& c) { c.set_drain_delay("-1s"); }},
      {"restart-grace-period", [](config::Config& c) { c.set_restart_grace_period("1d"); }},
      {"quiet-period", [](config::Config& c) { c.set_quiet_period(""); }},
      {"shutdown-grace", [](config::Config& c) { c.set_shutdown_grace("soon"); }},
      {"unknown source \"api\"", [](config::Config& c) { c.set_sources("pods-api,api"); }},
      {"\"annotation\" is listed twice", [](config::Config& c) { c.set_sources("annotation, annotation"); }},
      {"unknown source \"\"", [](config::Config& c) { c.set_sources(""); }},
      {"unknown source \"auto\"", [](config::Config& c) { c.set_sources("auto,annotation"); }},
      {"kubeconfig", [](config::Config& c) { c.set_kubeconfig("kubelet.conf"); }},
      {"node-name", [](config::Config& c) { c.set_node_name("Node_1"); }},
      {"kubelet-pods-url", [](config::Config& c) { c.set_kubelet_pods_url("127.0.0.1:10250"); }},
      {"https", [](config::Config& c) { c.set_kubelet_token_file("/token"); }},
      {"belong together",
       [](config::Config& c) {
         c.set_kubelet_pods_url("https://127.0.0.1:10250/pods");
         c.set_kubelet_cert_file("/cert");
       }},
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
