// The process's log while this object lives, for tests of log lines.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_LOG_CAPTURE_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_LOG_CAPTURE_H_

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace sidecar_shim::testing {

class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // Lines "level: message", from debug upwards. Any thread.
  std::string text() const;

 private:
  class Sink;
  const std::shared_ptr<spdlog::logger> before_;
  const std::shared_ptr<Sink> sink_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_LOG_CAPTURE_H_
