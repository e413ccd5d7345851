// What tests of abuse check beside the abuse: that others are served meanwhile, that the log stays short,
// that memory stays bounded, and that nothing is left.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_ABUSE_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_ABUSE_SUPPORT_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/log_capture.h"
#include "tests/support/raw_connection.h"
#include "tests/support/raw_runtime.h"
#include "tests/support/relay_support.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

// The longest that the shim may wait for a connection's preface and SETTINGS.
inline constexpr std::chrono::seconds kHandshakeBound{30};
// The process's, which is the shim's and the test's.
inline constexpr size_t kMemoryBound = 64 * 1024 * 1024;

// 0 under a sanitizer, which keeps what has been freed.
size_t ResidentBytes();

// A caller who behaves: calls Version through the shim, again and again, on a connection of its own.
class Bystander {
 public:
  explicit Bystander(const std::string& socket_path);
  ~Bystander() { Finish(); }
  // Calls once more, prints the 99th percentile and expects that no call has failed or took seconds.
  void Finish();

 private:
  void Run();
  void CallOnce();

  Client client_;
  std::atomic<bool> stop_{false};
  std::vector<std::chrono::microseconds> latencies_;
  std::string failure_;  // the first
  std::thread thread_;
};

// ShimSetup, its log, and a connection to abuse.
class AbuseSetup {
 public:
  // Returns when a call has gone through.
  AbuseSetup();

  ShimSetup& shim() { return setup_; }
  std::string socket() const { return setup_.dir.File("shim.sock"); }
  std::string runtime_socket() const { return setup_.dir.File("runtime.sock"); }
  std::unique_ptr<RawConnection> Connect(const SettingList& settings = {}) const {
    return RawConnection::ShakenHands(socket(), settings);
  }

  // Puts another runtime behind the socket.
  void ReplaceRuntime(RawRuntime::Serve serve);
  // One that speaks HTTP/2 but for its script; returns when the shim has found it.
  void ReplaceRuntime(const RawScript& script);
  // Puts a good runtime back, and expects that calls go through again and that no earlier one is left.
  void RestoreRuntime();

  // Whether an ordinary call goes through.
  bool Works() { return setup_.client.Call(Method("Version"), "").status.ok(); }
  // By the shim's own count.
  bool NoLiveCalls();
  // The log explains why a connection has ended, in a few lines.
  void ExpectOneWarning() const;
  void ExpectShortLog() const;

 private:
  std::string NewLog() const { return log_.text().substr(log_start_); }

  LogCapture log_;
  ShimSetup setup_;
  std::unique_ptr<RawRuntime> raw_runtime_;
  size_t log_start_ = 0;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_ABUSE_SUPPORT_H_
