// The API server over TLS with a client certificate: `openssl s_server` hands
// out files under the names of the requests.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shim/kube/child_process.h"
#include "shim/read_file.h"
#include "shim/sources/api_server_source.h"
#include "shim/sources/kubelet_pods_source.h"
#include "tests/shim/fake_api.h"
#include "tests/shim/source_support.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kLargest = 1 << 20;
constexpr char kMakeCertificates[] = R"(
set -e
make_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -subj "$2" "${@:3}"; }
make_key ca /CN=ca -x509 -days 2 -out ca.crt
for name in server client; do
  subject=/CN=$name
  [ $name = client ] && subject=/O=system:nodes/CN=system:node:node-7
  make_key $name $subject -out $name.csr
  echo subjectAltName=DNS:kubernetes > ext
  openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.crt
done
cat client.crt client.key > client.pem
)";

class ApiServerTlsTest : public SourceTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Bash("command -v openssl").ok()) << "openssl is missing: tests/install-deps.sh installs it";
    const auto made = Bash(kMakeCertificates);
    ASSERT_TRUE(made.ok()) << made.status();
    std::string script = absl::StrCat(
        "cd ", dir_.File(""), " && exec openssl s_server -accept 0",
        " -cert server.crt -key server.key -CAfile ca.crt -Verify 2 -verify_return_error -WWW >log 2>&1");
    std::string shell = "sh";
    std::string flag = "-c";
    char* argv[] = {shell.data(), flag.data(), script.data(), nullptr};
    ASSERT_EQ(posix_spawnp(&server_, "sh", nullptr, nullptr, argv, environ), 0);
    ASSERT_TRUE(Eventually([this] { return FindPort(); }));
  }

  // s_server tells it: "ACCEPT [::]:34359".
  bool FindPort() {
    const auto log = ReadFile(dir_.File("log"), kLargest);
    if (!log.ok()) return false;
    const std::vector<std::string> around = absl::StrSplit(*log, absl::MaxSplits("ACCEPT ", 1));
    if (around.size() < 2) return false;
    const std::vector<std::string> lines = absl::StrSplit(around[1], absl::MaxSplits('\n', 1));
    return lines.size() == 2 && absl::SimpleAtoi(lines[0].substr(lines[0].rfind(':') + 1), &port_);
  }

  ~ApiServerTlsTest() override {
    if (server_ <= 0) return;
    kill(server_, SIGKILL);
    waitpid(server_, nullptr, 0);
  }

  absl::StatusOr<std::string> Bash(const std::string& script) {
    ChildCommand command;
    command.argv = {"bash", "-c", absl::StrCat("cd ", dir_.File(""), "\n", script)};
    command.timeout = kPatience;
    return RunChild(command, never_);
  }

  void WriteAnswer(const std::string& target, const std::string& body) {
    const std::filesystem::path path = dir_.File(target);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << body;
  }

  std::string Base64(const std::string& file) {
    return absl::Base64Escape(*ReadFile(dir_.File(file), kLargest));
  }

  std::string Url() const { return absl::StrCat("https://127.0.0.1:", port_); }

  void StartApiSource(const std::string& cluster, const std::string& user) {
    std::ofstream(dir_.File("kubeconfig"))
        << "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
        << "clusters: [{name: c, cluster: {server: \"" << Url() << "\", " << cluster << "}}]\n"
        << "users: [{name: u, user: {" << user << "}}]\n";
    Run([this] {
      ApiServerOptions options;
      options.kubeconfig = dir_.File("kubeconfig");
      options.node_name = "not-this-one";
      options.patience = kPatience;
      return std::make_unique<ApiServerSource>(loop_.loop(), *http_, worker_, counters_, std::move(options));
    });
  }

  const std::atomic<bool> never_ = false;
  int port_ = 0;
  pid_t server_ = -1;
};

constexpr char kList[] = "api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7&resourceVersion=0";

TEST_F(ApiServerTlsTest, InlineCertificatesAndTheNodeOfTheCertificate) {
  WriteAnswer(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource(absl::StrCat("tls-server-name: kubernetes, certificate-authority-data: ", Base64("ca.crt")),
                 absl::StrCat("client-certificate-data: ", Base64("client.crt"),
                              ", client-key-data: ", Base64("client.key")));
  EXPECT_EQ(Ask(Ref("a", "uid-a")), "main");
}

TEST_F(ApiServerTlsTest, FilesWithCertificateAndKeyInOneAsKubeletWritesThem) {
  WriteAnswer(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("tls-server-name: kubernetes, certificate-authority: ca.crt",
                 "client-certificate: client.pem, client-key: client.pem");
  EXPECT_EQ(Ask(Ref("a", "uid-a")), "main");
}

TEST_F(ApiServerTlsTest, AServerWithAnotherNameIsNotTrusted) {
  WriteAnswer(kList, ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("certificate-authority: ca.crt", "client-certificate: client.pem, client-key: client.pem");
  EXPECT_EQ(Ask(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count("api_server_failures"), 1u);
}

TEST_F(ApiServerTlsTest, WithoutACertificateOneIsNotLetIn) {
  WriteAnswer("api/v1/pods?fieldSelector=spec.nodeName%3Dnot-this-one&resourceVersion=0",
              ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartApiSource("tls-server-name: kubernetes, certificate-authority: ca.crt", "token: t");
  EXPECT_EQ(Ask(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count("api_server_failures"), 1u);
}

TEST_F(ApiServerTlsTest, KubeletsPodsWithACertificate) {
  WriteAnswer("pods", ListJson("", {PodJson("a", "uid-a", "main")}));
  KubeletPodsOptions options;
  options.url = Url() + "/pods";
  options.server_name = "kubernetes";
  options.ca_file = dir_.File("ca.crt");
  options.cert_file = dir_.File("client.crt");
  options.key_file = dir_.File("client.key");
  options.patience = kPatience;
  Run([&] { return std::make_unique<KubeletPodsSource>(loop_.loop(), *http_, worker_, counters_, options); });
  EXPECT_EQ(Ask(Ref("a", "uid-a")), "main");
}

}  // namespace
}  // namespace sidecar_shim::testing
