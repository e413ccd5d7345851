#include "shim/kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr char kPem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

std::string Config(const std::string& cluster, const std::string& user) {
  return absl::StrCat(
      "apiVersion: v1\nkind: Config\ncurrent-context: node\n"
      "contexts: [{name: other, context: {cluster: x, user: y}}, {name: node, context: {cluster: c, user: "
      "u}}]\n"
      "clusters: [{name: c, cluster: {",
      cluster, "}}]\nusers: [{name: z, user: {}}, {name: u, user: {", user, "}}]\n");
}

absl::StatusOr<Kubeconfig> Parse(const std::string& cluster, const std::string& user) {
  return ParseKubeconfig(Config(cluster, user), "/etc/kubernetes");
}

TEST(KubeconfigTest, ParsesKubeadmsFile) {
  const auto config = Parse(absl::StrCat("server: \"https://10.0.0.1:6443\", certificate-authority-data: ",
                                         absl::Base64Escape(kPem)),
                            "client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem, "
                            "client-key: /var/lib/kubelet/pki/kubelet-client-current.pem");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://10.0.0.1:6443");
  EXPECT_EQ(config->ca.text, kPem);
  EXPECT_EQ(config->ca.file, "");
  EXPECT_EQ(config->cert.file, "/var/lib/kubelet/pki/kubelet-client-current.pem");
  EXPECT_EQ(config->key.file, config->cert.file);
  EXPECT_FALSE(config->insecure);
  EXPECT_FALSE(config->plugin);
}

TEST(KubeconfigTest, FindsItAtTheKnownPaths) {
  const TempDir dir;
  const std::string root = dir.File("root");
  EXPECT_EQ(FindKubeconfig(root), "");
  // In ascending precedence.
  for (const char* known_path :
       {"/var/lib/rancher/rke2/agent/kubelet.kubeconfig", "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
        "/var/lib/kubelet/kubeconfig", "/etc/kubernetes/kubelet.conf"}) {
    const std::filesystem::path path = root + known_path;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "{}";
    EXPECT_EQ(FindKubeconfig(root), path);
  }
}

TEST(KubeconfigTest, RelativePathsResolveAgainstItsDirectory) {
  const auto config = Parse("server: https://a, certificate-authority: pki/ca.crt",
                            "client-certificate: ../c.pem, client-key: k.pem, tokenFile: ./token");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca.file, "/etc/kubernetes/pki/ca.crt");
  EXPECT_EQ(config->cert.file, "/etc/c.pem");
  EXPECT_EQ(config->key.file, "/etc/kubernetes/k.pem");
  EXPECT_EQ(config->token_file, "/etc/kubernetes/token");
}

TEST(KubeconfigTest, InlineDataHasPrecedenceOverTheFile) {
  const auto config =
      Parse("server: https://a",
            absl::StrCat("client-certificate: /file, client-certificate-data: ", absl::Base64Escape(kPem)));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->cert.text, kPem);
  EXPECT_EQ(config->cert.file, "");
}

TEST(KubeconfigTest, ParsesServerAndTlsSettings) {
  const struct {
    std::string written;
    std::string expected;
  } cases[] = {
      {"https://a:6443/", "https://a:6443"},
      {"http://a", "http://a"},
      {"a:6443", "https://a:6443"},
      {"https://rancher/k8s/clusters/c-1/", "https://rancher/k8s/clusters/c-1"},
  };
  for (const auto& [written, expected] : cases) {
    const auto config = Parse(absl::StrCat("server: \"", written, "\""), "token: t");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->server, expected);
  }
  const auto config =
      Parse("server: https://a, tls-server-name: kubernetes, insecure-skip-tls-verify: true", "token: 12345");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->server_name, "kubernetes");
  EXPECT_TRUE(config->insecure);
  // A token that YAML reads as a number.
  EXPECT_EQ(config->token, "12345");
}

TEST(KubeconfigTest, ParsesTheCredentialPlugin) {
  const auto config = Parse("server: https://a",
                            "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, "
                            "args: [eks, get-token, --n, 3], env: [{name: REGION, value: x}], "
                            "provideClusterInfo: true, interactiveMode: Never}");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->plugin);
  EXPECT_EQ(config->plugin->api_version, "client.authentication.k8s.io/v1beta1");
  EXPECT_EQ(config->plugin->command, "aws");
  EXPECT_THAT(config->plugin->args, ElementsAre("eks", "get-token", "--n", "3"));
  EXPECT_THAT(config->plugin->env, ElementsAre(Pair("REGION", "x")));
  EXPECT_TRUE(config->plugin->provide_cluster_info);
  const auto relative =
      Parse("server: https://a",
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/get, args: null, env: null}");
  ASSERT_TRUE(relative.ok()) << relative.status();
  EXPECT_EQ(relative->plugin->command, "/etc/kubernetes/bin/get");
}

TEST(KubeconfigTest, UserIsOptional) {
  const auto config = ParseKubeconfig(
      "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
      "clusters: [{name: c, cluster: {server: http://a}}]\n",
      "/");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->token, "");
}

TEST(KubeconfigTest, ErrorsNameTheFieldAndQuoteNoCredential) {
  const std::string good = "server: https://a";
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"", "not a kubeconfig"},
      {"a: {", "line"},
      {"- a", "not a kubeconfig"},
      {"kind: Config", "current-context"},
      {"current-context: x", "contexts: no \"x\""},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]", "clusters: no \"c\""},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
       "clusters: [{name: c, cluster: {server: http://a}}]",
       "users: no \"u\""},
      {Config("", ""), "no server"},
      {Config("server: ftp://a", ""), "ftp://a"},
      {Config("server: https://a, proxy-url: http://b", ""), "proxy-url"},
      {Config("server: https://a, certificate-authority-data: '%secret%'", ""), "certificate-authority-data"},
      {Config(good, "client-key-data: c2VjcmV0"), "client-key-data"},
      {Config(good, "username: secret, password: secret"), "username"},
      {Config(good, "auth-provider: {name: gcp}"), "auth-provider"},
      {Config(good, "exec: {command: a}"), "apiVersion"},
      {Config(good, "exec: {apiVersion: client.authentication.k8s.io/v1}"), "command is not set"},
      {Config(good, "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, args: secret}"), "args"},
      {Config(good,
              "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, env: [{value: secret}]}"),
       "has no name"},
  };
  for (const auto& [text, error] : cases) {
    const auto config = ParseKubeconfig(text, "/");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(error)) << text;
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("secret"))) << text;
  }
}

// Like client-go, and so kubelet.
TEST(KubeconfigTest, OnlyTheFirstDocumentIsRead) {
  const auto config = ParseKubeconfig(Config("server: https://a", "") + "---\n", "/");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server, "https://a");
}

TEST(KubeconfigTest, ReadsAFile) {
  const TempDir dir;
  EXPECT_EQ(ReadKubeconfig(dir.File("none")).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(dir.File("conf")) << Config("server: https://a, certificate-authority: ca.crt", "token: t");
  const auto config = ReadKubeconfig(dir.File("conf"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca.file, dir.File("ca.crt"));
  std::ofstream(dir.File("bad")) << "{}";
  EXPECT_THAT(std::string(ReadKubeconfig(dir.File("bad")).status().message()), HasSubstr(dir.File("bad")));
}

}  // namespace
}  // namespace sidecar_shim::testing
