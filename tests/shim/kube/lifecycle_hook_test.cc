#include "shim/kube/lifecycle_hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sidecar_shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(LifecycleHookTest, None) {
  for (const char* handler : {"", "{}"}) {
    const auto hook = ParseLifecycleHook(handler, "");
    ASSERT_TRUE(hook.ok()) << handler;
    EXPECT_TRUE(std::holds_alternative<NoHook>(*hook)) << handler;
  }
}

TEST(LifecycleHookTest, KindsThatKubeletDoesNotRun) {
  for (const char* kind : {"tcpSocket", "grpc"}) {
    const auto hook = ParseLifecycleHook(std::string(R"({")") + kind + R"(": {"port": 80}})", "");
    ASSERT_TRUE(hook.ok()) << kind;
    EXPECT_EQ(std::get<UnsupportedHook>(*hook).kind, kind);
  }
}

TEST(LifecycleHookTest, Exec) {
  const auto hook = ParseLifecycleHook(R"({"exec": {"command": ["/bin/sh", "-c", "sync; true"]}})", "");
  ASSERT_TRUE(hook.ok());
  EXPECT_THAT(std::get<ExecHook>(*hook).command, ElementsAre("/bin/sh", "-c", "sync; true"));
}

TEST(LifecycleHookTest, Sleep) {
  const auto hook = ParseLifecycleHook(R"({"sleep": {"seconds": 4}})", "");
  ASSERT_TRUE(hook.ok());
  EXPECT_EQ(std::get<SleepHook>(*hook).seconds, 4);
}

TEST(LifecycleHookTest, HttpDefaults) {
  const auto hook = ParseLifecycleHook(R"({"httpGet": {"port": 8080}})", "");
  ASSERT_TRUE(hook.ok());
  const HttpHook& http = std::get<HttpHook>(*hook);
  EXPECT_EQ(http.scheme, "http");
  EXPECT_EQ(http.host, "");
  EXPECT_EQ(http.port, 8080);
  EXPECT_EQ(http.path, "/");
  EXPECT_TRUE(http.headers.empty());
}

TEST(LifecycleHookTest, HttpInFull) {
  const auto hook = ParseLifecycleHook(
      R"({"httpGet": {"port": "admin", "path": "quit?now", "scheme": "HTTPS", "host": "example",
          "httpHeaders": [{"name": "X", "value": "1"}]}})",
      R"([{"name": "web", "containerPort": 80}, {"name": "admin", "containerPort": 9090}])");
  ASSERT_TRUE(hook.ok()) << hook.status();
  const HttpHook& http = std::get<HttpHook>(*hook);
  EXPECT_EQ(http.scheme, "https");
  EXPECT_EQ(http.host, "example");
  EXPECT_EQ(http.port, 9090);
  EXPECT_EQ(http.path, "/quit?now");
  EXPECT_THAT(http.headers, ElementsAre(Pair("X", "1")));
}

TEST(LifecycleHookTest, HttpPortAsText) {
  const auto hook = ParseLifecycleHook(R"({"httpGet": {"port": "81"}})", "");
  ASSERT_TRUE(hook.ok());
  EXPECT_EQ(std::get<HttpHook>(*hook).port, 81);
}

TEST(LifecycleHookTest, UnusableHandlers) {
  const struct {
    std::string handler;
    std::string ports;
    std::string said;
  } cases[] = {
      {"{", "", "not usable"},
      {R"({"exec": "sh"})", "", "not usable"},
      {R"({"exec": {"command": "sh"}})", "", "not usable"},
      {R"({"httpGet": {}})", "", "port"},
      {R"({"httpGet": {"port": 0}})", "", "port 0"},
      {R"({"httpGet": {"port": 65536}})", "", "port 65536"},
      {R"({"httpGet": {"port": true}})", "", "no port"},
      {R"({"httpGet": {"port": "admin"}})", "", "admin"},
      {R"({"httpGet": {"port": "admin"}})", "not json", "admin"},
      {R"({"httpGet": {"port": "admin"}})", R"([{"name": "web", "containerPort": 80}])", "admin"},
      {R"({"httpGet": {"port": 80, "scheme": "FTP"}})", "", "ftp"},
      {R"({"sleep": {"seconds": "4"}})", "", "not usable"},
  };
  for (const auto& [handler, ports, said] : cases) {
    const auto hook = ParseLifecycleHook(handler, ports);
    ASSERT_FALSE(hook.ok()) << handler;
    EXPECT_EQ(hook.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(hook.status().message()), HasSubstr(said)) << handler;
  }
}

}  // namespace
}  // namespace sidecar_shim
