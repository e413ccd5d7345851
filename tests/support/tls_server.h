// A TLS server: `openssl s_server`, which serves the files of a directory over
// HTTP.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_TLS_SERVER_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_TLS_SERVER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

// Runs a bash script in `dir`; returns its output, or why it failed.
absl::StatusOr<std::string> Bash(const TempDir& dir, const std::string& script);

// Makes <name>.key and <name>.crt in `dir`, signed by the authority <ca>.key and
// <ca>.crt, which the first call makes.
absl::Status MakeCertificate(const TempDir& dir, const std::string& ca, const std::string& name,
                             const std::string& subject);

class TlsServer {
 public:
  // Listens on a free loopback port as "kubernetes", with a certificate of the
  // authority "ca". `more`: further arguments of s_server. A failure to start fails
  // the test.
  TlsServer(const TempDir& dir, const std::string& more);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  bool FindPort(const std::string& log);

  pid_t process_ = -1;
  int port_ = 0;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_TLS_SERVER_H_
