// A real TLS server: `openssl s_server` hands out the files of a directory
// under the names of the requests.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_TLS_SERVER_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_TLS_SERVER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

// Runs a script of bash in `dir`; its output, or why it failed.
absl::StatusOr<std::string> Bash(const TempDir& dir, const std::string& script);

// Makes <name>.key and <name>.crt in `dir`, of an authority (<ca>.key, <ca>.crt)
// that is made with its first certificate.
absl::Status MakeCertificate(const TempDir& dir, const std::string& ca, const std::string& name,
                             const std::string& subject);

class TlsServer {
 public:
  // Listens on any port of the loopback as "kubernetes", with a certificate of
  // the authority "ca". `more`: further arguments of s_server. Fails the test
  // where that does not come to be.
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
