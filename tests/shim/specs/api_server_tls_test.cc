// The spec sources that use TLS, against a server that requires a client
// certificate.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shim/base/read_file.h"
#include "shim/specs/api_server_source.h"
#include "shim/specs/kubelet_pods_source.h"
#include "tests/support/fake_api.h"
#include "tests/support/source_support.h"
#include "tests/support/tls_server.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kMaxFileSize = 1 << 20;
constexpr char kNode7[] = "/O=system:nodes/CN=system:node:node-7";

// Arguments of openssl s_server that require a client certificate of that CA.
std::string RequireCertificateOf(const std::string& ca) {
  return absl::StrCat("-CAfile ", ca, ".crt -Verify 2 -verify_return_error");
}

class ApiServerTlsTest : public SourceTest {
 protected:
  void SetUp() override {
    MakeClientCertificate("ca");
    server_ = std::make_unique<TlsServer>(dir_, RequireCertificateOf("ca"));
    ASSERT_GT(server_->port(), 0);
  }

  // Writes client.crt, client.key, and client.pem with both.
  void MakeClientCertificate(const std::string& ca) {
    const absl::Status made = MakeCertificate(dir_, ca, "client", kNode7);
    ASSERT_TRUE(made.ok()) << made;
    ASSERT_TRUE(Bash(dir_, "cat client.crt client.key > client.pem").ok());
  }

  // The server serves files: `target` is the request's path and query.
  void WriteResponse(const std::string& target, const std::string& body) {
    const std::filesystem::path path = dir_.File(target);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << body;
  }

  std::string Text(const std::string& file) { return *ReadFile(dir_.File(file), kMaxFileSize); }
  std::string Base64(const std::string& file) { return absl::Base64Escape(Text(file)); }

  void WriteKubeconfig(const std::string& cluster, const std::string& user) {
    std::ofstream(dir_.File("kubeconfig"))
        << "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
        << "clusters: [{name: c, cluster: {server: \"" << server_->url() << "\", " << cluster << "}}]\n"
        << "users: [{name: u, user: {" << user << "}}]\n";
  }

  void StartApiSource(const std::string& cluster, const std::string& user) {
    WriteKubeconfig(cluster, user);
    Run([this] {
      ApiServerOptions options;
      options.kubeconfig = dir_.File("kubeconfig");
      options.node_name = "unused";  // the certificate names the node
      options.query_timeout = kTestTimeout;
      return std::make_unique<ApiServerSource>(loop_.loop(), *http_, worker_, counters_, std::move(options));
    });
  }

  std::unique_ptr<TlsServer> server_;
};

constexpr char kList[] = "api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7&resourceVersion=0";

TEST_F(ApiServerTlsTest, InlineCertificatesNameTheNode) {
  WriteResponse(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource(absl::StrCat("tls-server-name: kubernetes, certificate-authority-data: ", Base64("ca.crt")),
                 absl::StrCat("client-certificate-data: ", Base64("client.crt"),
                              ", client-key-data: ", Base64("client.key")));
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
}

TEST_F(ApiServerTlsTest, CertificateAndKeyInOneFileAsKubeletWritesIt) {
  WriteResponse(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("tls-server-name: kubernetes, certificate-authority: ca.crt",
                 "client-certificate: client.pem, client-key: client.pem");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
}

// kubelet rotates its certificate by replacing the file.
TEST_F(ApiServerTlsTest, RotatedCertificateIsRead) {
  const std::string cluster = "tls-server-name: kubernetes, certificate-authority: ca.crt";
  const std::string user = "client-certificate: client.pem, client-key: client.pem";
  WriteResponse(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource(cluster, user);
  ASSERT_EQ(Query(Ref("a", "uid-a")), "main");
  MakeClientCertificate("ca2");
  WriteResponse(kList, ListJson("11", {PodJson("b", "uid-b", "other")}));
  server_ = std::make_unique<TlsServer>(dir_, RequireCertificateOf("ca2"));
  WriteKubeconfig(cluster, user);
  EXPECT_TRUE(Eventually([this] { return Query(Ref("b", "uid-b")) == "other"; }));
}

TEST_F(ApiServerTlsTest, CertificateFromACredentialPlugin) {
  WriteResponse(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  const nlohmann::json credential = {
      {"apiVersion", "client.authentication.k8s.io/v1"},
      {"kind", "ExecCredential"},
      {"status", {{"clientCertificateData", Text("client.crt")}, {"clientKeyData", Text("client.key")}}}};
  std::ofstream(dir_.File("credential")) << credential.dump();
  StartApiSource("tls-server-name: kubernetes, certificate-authority: ca.crt",
                 absl::StrCat("exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, ",
                              "command: cat, args: [", dir_.File("credential"), "]}"));
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
}

TEST_F(ApiServerTlsTest, ServerCertificateOfAnotherNameIsRejected) {
  WriteResponse(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("certificate-authority: ca.crt", "client-certificate: client.pem, client-key: client.pem");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::api_server_failures), 1u);
}

TEST_F(ApiServerTlsTest, ServerRejectsAClientWithoutACertificate) {
  WriteResponse("api/v1/pods?fieldSelector=spec.nodeName%3Dunused&resourceVersion=0",
                ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("tls-server-name: kubernetes, certificate-authority: ca.crt", "token: t");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::api_server_failures), 1u);
}

TEST_F(ApiServerTlsTest, KubeletPodsWithAClientCertificate) {
  WriteResponse("pods", ListJson("", {PodJson("a", "uid-a", "main")}));
  KubeletPodsOptions options;
  options.url = server_->url() + "/pods";
  options.server_name = "kubernetes";
  options.ca_file = dir_.File("ca.crt");
  options.cert_file = dir_.File("client.crt");
  options.key_file = dir_.File("client.key");
  options.query_timeout = kTestTimeout;
  Run([&] { return std::make_unique<KubeletPodsSource>(loop_.loop(), *http_, worker_, counters_, options); });
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
}

}  // namespace
}  // namespace sidecar_shim::testing
