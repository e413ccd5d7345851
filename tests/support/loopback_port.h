// A port of the loopback that a test can rely on, open or closed.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_

#include <string>

namespace sidecar_shim::testing {

// This object's alone: calls are refused there until something listens on it,
// and again once that has gone. A port that was only looked up and freed would
// go to the next socket that asks for any.
class LoopbackPort {
 public:
  LoopbackPort();
  ~LoopbackPort();
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;

  int number() const { return number_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(number_); }
  // A socket that listens on it, the caller's to close. It keeps the port when
  // this object goes.
  int Listen() const;

 private:
  const int fd_;
  const int number_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOOPBACK_PORT_H_
