#include "shim/kube/exec_credential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "shim/base/child_process.h"
#include "shim/base/read_file.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kV1[] = "client.authentication.k8s.io/v1";
constexpr size_t kMaxFileSize = 1 << 20;
const std::atomic<bool> kNeverStop = false;

ChildCommand Shell(const std::string& script) {
  ChildCommand command;
  command.argv = {"sh", "-c", script};
  command.timeout = kTestTimeout;
  return command;
}

TEST(ExecCredentialTest, ParsesTokenCertificateAndExpiry) {
  const auto credential = ParseExecCredential(
      R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t",
          "clientCertificateData": "C", "clientKeyData": "K", "expirationTimestamp": "2026-01-02T03:04:05Z"}})",
      kV1);
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->token, "t");
  EXPECT_EQ(credential->cert, "C");
  EXPECT_EQ(credential->key, "K");
  EXPECT_EQ(credential->expires,
            absl::FromCivil(absl::CivilSecond(2026, 1, 2, 3, 4, 5), absl::UTCTimeZone()));
}

TEST(ExecCredentialTest, WithoutATimestampItNeverExpires) {
  const auto credential = ParseExecCredential(
      R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}})",
      kV1);
  ASSERT_TRUE(credential.ok());
  EXPECT_EQ(credential->expires, absl::InfiniteFuture());
}

TEST(ExecCredentialTest, ErrorsNameTheFieldAndQuoteNoSecret) {
  const std::string head = R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential")";
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"secret", "not an ExecCredential"},
      {"{}", "not an ExecCredential"},
      {R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1"})", kV1},
      {head + "}", "no status"},
      {head + R"(, "status": {}})", "neither"},
      {head + R"(, "status": {"clientCertificateData": "secret"}})", "only one of"},
      {head + R"(, "status": {"token": "secret", "expirationTimestamp": "soon"}})", "expirationTimestamp"},
  };
  for (const auto& [text, error] : cases) {
    const auto credential = ParseExecCredential(text, kV1);
    ASSERT_FALSE(credential.ok()) << text;
    EXPECT_THAT(std::string(credential.status().message()),
                AllOf(HasSubstr(error), Not(HasSubstr("secret"))));
  }
}

TEST(ExecCredentialTest, PluginReceivesArgsEnvAndExecInfo) {
  const TempDir dir;
  const std::string plugin = dir.File("plugin");
  std::ofstream(plugin)
      << "#!/bin/sh\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > " << dir.File("info")
      << "\nprintf '{\"apiVersion\": \"" << kV1
      << "\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"%s-%s\"}}' \"$1\" \"$OWN\"\n";
  std::filesystem::permissions(plugin, std::filesystem::perms::owner_all);
  Kubeconfig config;
  config.server = "https://a";
  config.plugin = CredentialPlugin{kV1, plugin, {"arg"}, {{"OWN", "env"}}, true};
  const auto credential = RunCredentialPlugin(config, "CA", kTestTimeout, kNeverStop);
  ASSERT_TRUE(credential.ok()) << credential.status();
  EXPECT_EQ(credential->token, "arg-env");
  const auto info = ReadFile(dir.File("info"), kMaxFileSize);
  ASSERT_TRUE(info.ok());
  EXPECT_THAT(*info, AllOf(HasSubstr(R"("kind":"ExecCredential")"), HasSubstr(R"("interactive":false)"),
                           HasSubstr(R"("server":"https://a")"),
                           HasSubstr(R"("certificate-authority-data":"Q0E=")")));
}

TEST(ChildProcessTest, ReturnsStandardOutput) {
  const auto output = RunChild(Shell("echo out; echo err >&2; cat"), kNeverStop);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "out\n");
}

TEST(ChildProcessTest, ErrorsNameTheCause) {
  const auto failed = RunChild(Shell("echo out; echo no rights >&2; exit 3"), kNeverStop);
  EXPECT_THAT(std::string(failed.status().message()),
              AllOf(HasSubstr("exit code 3"), HasSubstr("no rights"), Not(HasSubstr("out"))));
  EXPECT_THAT(std::string(RunChild(Shell("kill -9 $$"), kNeverStop).status().message()),
              HasSubstr("signal 9"));
  ChildCommand missing;
  missing.argv = {"/nonexistent/plugin"};
  EXPECT_THAT(std::string(RunChild(missing, kNeverStop).status().message()),
              HasSubstr("cannot run /nonexistent/plugin"));
  EXPECT_THAT(std::string(RunChild(Shell("cat /dev/zero"), kNeverStop).status().message()),
              HasSubstr("more than 1 MiB"));
}

TEST(ChildProcessTest, TimeoutKillsTheProcessGroup) {
  const TempDir dir;
  ChildCommand command = Shell("sleep 1000 & echo $! > " + dir.File("pid") + "; wait");
  absl::StatusOr<std::string> pid = absl::UnknownError("");
  // On a busy machine the shell may need longer to write the file.
  for (auto timeout = std::chrono::milliseconds(300); !pid.ok() || pid->empty(); timeout *= 4) {
    ASSERT_LT(timeout, kTestTimeout);
    command.timeout = timeout;
    EXPECT_THAT(std::string(RunChild(command, kNeverStop).status().message()), HasSubstr("in time"));
    pid = ReadFile(dir.File("pid"), kMaxFileSize);
  }
  const int child = std::stoi(*pid);
  // It may stay as a zombie until init reaps it.
  EXPECT_TRUE(Eventually([child] {
    const auto stat = ReadFile(absl::StrCat("/proc/", child, "/stat"), kMaxFileSize);
    return !stat.ok() || stat->find(") Z ") != std::string::npos;
  }));
}

TEST(ChildProcessTest, StopKillsTheProcess) {
  std::atomic<bool> stop = false;
  std::thread stopper([&stop] { stop = true; });
  EXPECT_FALSE(RunChild(Shell("sleep 1000"), stop).ok());
  stopper.join();
}

}  // namespace
}  // namespace sidecar_shim::testing
