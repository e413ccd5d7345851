#include "tests/support/tls_server.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shim/base/child_process.h"
#include "shim/base/read_file.h"
#include "tests/support/client.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kLargest = 1 << 20;

}  // namespace

absl::StatusOr<std::string> Bash(const TempDir& dir, const std::string& script) {
  const std::atomic<bool> never = false;
  ChildCommand command;
  command.argv = {"bash", "-c", absl::StrCat("set -e; cd ", dir.File(""), "\n", script)};
  command.timeout = kTestTimeout;
  return RunChild(command, never);
}

absl::Status MakeCertificate(const TempDir& dir, const std::string& ca, const std::string& name,
                             const std::string& subject) {
  const std::string variables = absl::StrCat("ca=", ca, " name=", name, " subject=", subject, "\n");
  return Bash(dir, absl::StrCat(variables, R"(
command -v openssl || { echo "openssl is missing: tests/install-deps.sh installs it" >&2; exit 1; }
make_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -subj "$2" "${@:3}"; }
[ -e $ca.crt ] || make_key $ca /CN=$ca -x509 -days 2 -out $ca.crt
make_key $name $subject -out $name.csr
echo subjectAltName=DNS:kubernetes > ext
openssl x509 -req -in $name.csr -CA $ca.crt -CAkey $ca.key -CAcreateserial -days 2 -extfile ext -out $name.crt
)"))
      .status();
}

TlsServer::TlsServer(const TempDir& dir, const std::string& more) {
  const std::string log = dir.File("s_server.log");
  std::filesystem::remove(log);
  const absl::Status made = MakeCertificate(dir, "ca", "server", "/CN=server");
  EXPECT_TRUE(made.ok()) << made;
  if (!made.ok()) return;
  std::string script = absl::StrCat("cd ", dir.File(""), " && exec openssl s_server -accept 0",
                                    " -cert server.crt -key server.key ", more, " -WWW >", log, " 2>&1");
  std::string shell = "sh";
  std::string flag = "-c";
  char* argv[] = {shell.data(), flag.data(), script.data(), nullptr};
  EXPECT_EQ(posix_spawnp(&process_, "sh", nullptr, nullptr, argv, environ), 0);
  EXPECT_TRUE(Eventually([&] { return FindPort(log); }));
}

TlsServer::~TlsServer() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

// s_server prints it: "ACCEPT [::]:34359".
bool TlsServer::FindPort(const std::string& log) {
  const auto text = ReadFile(log, kLargest);
  if (!text.ok()) return false;
  const std::vector<std::string> around = absl::StrSplit(*text, absl::MaxSplits("ACCEPT ", 1));
  if (around.size() < 2) return false;
  const std::vector<std::string> lines = absl::StrSplit(around[1], absl::MaxSplits('\n', 1));
  return lines.size() == 2 && absl::SimpleAtoi(lines[0].substr(lines[0].rfind(':') + 1), &port_);
}

}  // namespace sidecar_shim::testing
