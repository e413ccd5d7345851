// Callers that keep a connection or calls open and do not go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

constexpr std::chrono::milliseconds kStep{100};

// Ends `bound` after the call at the latest.
bool EndsWithin(RawConnection& caller, std::chrono::steady_clock::time_point deadline) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return caller.WaitForEnd(std::max(rest, std::chrono::milliseconds(0))).closed;
}

TEST(CallerStallTest, WithoutPrefaceOrSettingsTheConnectionIsClosed) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  const auto deadline = std::chrono::steady_clock::now() + kHandshakeBound;
  const std::string start = std::string(kPreface) + SettingsFrame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}});
  // All at once, to wait once: nothing, half a preface, a preface, half a frame's header, half a SETTINGS.
  std::vector<std::unique_ptr<RawConnection>> stalled;
  for (const size_t sent :
       std::array<size_t, 5>{0, 12, kPreface.size(), kPreface.size() + 5, start.size() - 3}) {
    stalled.push_back(RawConnection::To(setup.socket()));
    EXPECT_TRUE(stalled.back()->Send(start.substr(0, sent)));
  }
  const auto complete = setup.Connect();
  // A byte now and then is no progress.
  const auto slow = RawConnection::To(setup.socket());
  size_t sent = 0;
  while (!slow->closed() && std::chrono::steady_clock::now() < deadline) {
    if (sent + 1 < start.size() && sent < 20) slow->Send(start.substr(sent++, 1));
    slow->WaitForEnd(kStep);
  }
  EXPECT_TRUE(slow->closed());
  for (size_t i = 0; i < stalled.size(); ++i) EXPECT_TRUE(EndsWithin(*stalled[i], deadline)) << i;
  // The handshake's time is not that of an idle connection.
  EXPECT_TRUE(complete->Alive());
  bystander.Finish();
  setup.ExpectOneWarning();
}

// Frames that do not end cost others nothing, and leave nothing.
TEST(CallerStallTest, UnfinishedFrames) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  const std::string open = HeaderFrames(1, RequestBlock(kUnknown));
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawConnection>> stalled;
  for (int i = 0; i < 50; ++i) {
    for (const std::string& bytes :
         {open.substr(0, 4), open.substr(0, open.size() / 2), FrameBytes(NGHTTP2_HEADERS, 0, 1, "\x83"),
          open + DataFrame(1, GrpcMessage(std::string(10'000, 'x'))).substr(0, 5'000)}) {
      stalled.push_back(setup.Connect());
      EXPECT_TRUE(stalled.back()->Send(bytes));
    }
  }
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  stalled.clear();
  EXPECT_TRUE(setup.NoLiveCalls());
  bystander.Finish();
  setup.ExpectShortLog();
}

constexpr uint32_t kCalls = 500;
constexpr size_t kAnswer = 8 * 1024 * 1024;

// A runtime that has a large answer to each call of kUnknown and sends as much of it as it is allowed.
class LargeAnswers {
 public:
  RawScript Script() {
    RawScript script;
    script.on_request = [this](RawConnection& connection, const RawRequest& request) {
      if (request.path != kUnknown) return false;
      ++calls;
      const std::string prefix = BigEndian(0, 1) + BigEndian(kAnswer, 4);
      connection.Send(HeaderFrames(request.stream, ResponseBlock()) + DataFrame(request.stream, prefix));
      const int64_t window = connection.PeerSetting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535);
      answers_[request.stream] += {window - static_cast<int64_t>(prefix.size()), kAnswer};
      window_ -= static_cast<int64_t>(prefix.size());
      Pump(connection);
      return true;
    };
    script.on_frame = [this](RawConnection& connection, const Frame& frame) {
      if (frame.is(NGHTTP2_RST_STREAM)) cancelled += answers_.erase(frame.stream);
      if (!frame.is(NGHTTP2_WINDOW_UPDATE)) return;
      const int64_t more = FromBigEndian(frame.payload);
      if (frame.stream == 0) {
        window_ += more;
      } else if (const auto found = answers_.find(frame.stream); found != answers_.end()) {
        found->second.window += more;
      }
      Pump(connection);
    };
    return script;
  }

  std::atomic<uint32_t> calls{0};
  std::atomic<size_t> cancelled{0};
  std::atomic<size_t> sent{0};
  std::atomic<bool> stop{false};

 private:
  struct Rest {
    int64_t window = 0;
    int64_t bytes = 0;
    Rest& operator+=(const Rest& more) {
      window += more.window;
      bytes += more.bytes;
      return *this;
    }
  };

  void Pump(RawConnection& connection) {
    for (auto& [stream, rest] : answers_) {
      while (!stop) {
        const int64_t part = std::min({rest.bytes, rest.window, window_, int64_t{kDefaultFrameSize}});
        if (part <= 0) break;
        if (!connection.Send(DataFrame(stream, std::string(static_cast<size_t>(part), 'a')))) return;
        window_ -= part;
        rest += {-part, -part};
        sent += static_cast<size_t>(part);
      }
    }
  }

  // The shim has one connection for calls of the RuntimeService and of unknown services.
  int64_t window_ = 65535;
  std::map<uint32_t, Rest> answers_;
};

TEST(CallerStallTest, ZeroWindowHoldsTheRuntimeBack) {
  LargeAnswers answers;
  AbuseSetup setup;
  setup.ReplaceRuntime(answers.Script());
  auto caller = setup.Connect({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}});
  Bystander bystander(setup.socket());
  const size_t before = ResidentBytes();
  size_t most = before;
  for (uint32_t i = 0; i < kCalls; ++i) {
    if (!caller->Send(RequestFrames(2 * i + 1, kUnknown))) break;
  }
  // Until nothing moves, or all is lost.
  size_t sent = 0;
  for (int quiet = 0; quiet < 10 && most < before + 2 * kMemoryBound; ++quiet) {
    std::this_thread::sleep_for(kStep);
    most = std::max(most, ResidentBytes());
    if (const size_t now = answers.sent + answers.calls; std::exchange(sent, now) != now) quiet = 0;
  }
  answers.stop = true;
  EXPECT_GT(answers.calls, 0u);
  EXPECT_LT(most, before + kMemoryBound) << answers.sent << " bytes sent by the runtime";
  bystander.Finish();
  caller.reset();
  EXPECT_TRUE(setup.NoLiveCalls());
  EXPECT_TRUE(Eventually([&] { return answers.cancelled == answers.calls; }));
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

}  // namespace
}  // namespace sidecar_shim::testing
