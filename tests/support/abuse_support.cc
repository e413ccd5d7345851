#include "tests/support/abuse_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace sidecar_shim::testing {
namespace {

using ::testing::ContainsRegex;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitizer = true;
#elif defined(__has_feature)
constexpr bool kSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitizer = false;
#endif

// Not to fill the machine.
constexpr std::chrono::milliseconds kPause{2};
// A sanitizer slows the abuse's other end down too, which is in this process.
constexpr std::chrono::seconds kSlow{kSanitizer ? 20 : 2};
constexpr size_t kHandful = 10;

size_t Warnings(const std::string& log) {
  size_t count = 0;
  for (const char* level : {"warning: ", "error: ", "critical: "}) {
    for (size_t at = log.find(level); at != std::string::npos; at = log.find(level, at + 1)) ++count;
  }
  return count;
}

}  // namespace

size_t ResidentBytes() {
  if (kSanitizer) return 0;
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

Bystander::Bystander(const std::string& socket_path) : client_(socket_path), thread_([this] { Run(); }) {}

void Bystander::CallOnce() {
  const auto start = std::chrono::steady_clock::now();
  const Answer answer = client_.Call(Method("Version"), "");
  latencies_.push_back(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start));
  if (!answer.status.ok() && failure_.empty()) {
    failure_ = "call " + std::to_string(latencies_.size()) + ": " + answer.status.error_message();
  }
}

void Bystander::Run() {
  while (!stop_) {
    CallOnce();
    std::this_thread::sleep_for(kPause);
  }
}

void Bystander::Finish() {
  if (!thread_.joinable()) return;
  stop_ = true;
  thread_.join();
  CallOnce();
  EXPECT_EQ(failure_, "");
  const auto place = latencies_.begin() + static_cast<std::ptrdiff_t>(latencies_.size() * 99 / 100);
  std::nth_element(latencies_.begin(), place, latencies_.end());
  std::printf("p99 of %zu calls meanwhile: %.1f ms\n", latencies_.size(),
              static_cast<double>(place->count()) / 1e3);
  EXPECT_LT(*place, kSlow);
}

AbuseSetup::AbuseSetup() {
  EXPECT_TRUE(Eventually([this] { return Works(); }));
  log_start_ = log_.text().size();
}

void AbuseSetup::ReplaceRuntime(RawRuntime::Serve serve) {
  setup_.runtime.Stop();
  raw_runtime_ = std::make_unique<RawRuntime>(runtime_socket(), std::move(serve));
}

void AbuseSetup::ReplaceRuntime(const RawScript& script) {
  ReplaceRuntime([script](RawConnection& connection, int) {
    if (GreetCaller(connection)) ServeCalls(connection, script);
  });
  EXPECT_TRUE(Eventually([this] { return Works(); }));
}

void AbuseSetup::RestoreRuntime() {
  raw_runtime_.reset();
  setup_.runtime.Start();
  EXPECT_TRUE(Eventually([this] { return Works(); }));
  EXPECT_TRUE(NoLiveCalls());
}

bool AbuseSetup::NoLiveCalls() {
  return Eventually([this] {
    const size_t before = log_.text().size();
    setup_.shim->LogCounters();
    const std::string mark = "live_calls=";
    std::string line;
    const bool logged = Eventually([&] {
      line = log_.text().substr(before);
      return line.find(mark) != std::string::npos && line.back() == '\n';
    });
    return logged && line.substr(line.find(mark) + mark.size(), 2) == "0\n";
  });
}

void AbuseSetup::ExpectOneWarning() const {
  // The line may come after the end that it explains.
  const auto deadline = std::chrono::steady_clock::now() + kEndBound;
  while (Warnings(NewLog()) == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
  }
  EXPECT_THAT(NewLog(), ContainsRegex("warning: [^\n]*connection"));
  ExpectShortLog();
}

void AbuseSetup::ExpectShortLog() const {
  const std::string log = NewLog();
  EXPECT_LE(Warnings(log), kHandful) << log;
}

}  // namespace sidecar_shim::testing
