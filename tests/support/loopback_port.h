// A loopback port reserved for one test, whether a server listens on it or not.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_

#include <string>

namespace sidecar_shim::testing {

// Reserved while the object exists: connections are refused until a server
// listens on the port, and again after it has stopped. A port that was found free
// and released could go to another process.
class LoopbackPort {
 public:
  LoopbackPort();
  ~LoopbackPort();
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;

  int number() const { return number_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(number_); }
  // A socket that listens on the port; the caller closes it. It may outlive this
  // object.
  int Listen() const;

 private:
  const int fd_;
  const int number_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_
