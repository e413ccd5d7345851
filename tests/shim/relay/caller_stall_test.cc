// Callers that keep a connection or calls open and do not go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
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

struct Progress {
  std::atomic<uint32_t> calls{0};  // of kUnknown
  std::atomic<size_t> cancelled{0};
  std::atomic<size_t> sent{0};  // bytes of their answers
  std::atomic<bool> stop{false};
};

// One connection of a runtime that has a large answer to each call of kUnknown, and sends as much of it as
// the windows allow, as any runtime must.
class LargeAnswers {
 public:
  explicit LargeAnswers(Progress& progress) : progress_(progress) {}

  RawScript Script() {
    RawScript script;
    script.on_request = [this](RawConnection& connection, const RawRequest& request) {
      Answer(connection, request);
      return true;
    };
    script.on_frame = [this](RawConnection& connection, const Frame& frame) {
      if (frame.is(NGHTTP2_RST_STREAM)) progress_.cancelled += answers_.erase(frame.stream);
      if (!frame.is(NGHTTP2_WINDOW_UPDATE)) return;
      const int64_t more = FromBigEndian(frame.payload);
      if (frame.stream == 0) {
        window_ += more;
      } else {
        windows_[frame.stream] += more;
      }
      Pump(connection);
    };
    return script;
  }

 private:
  struct Rest {
    std::string prefix;
    size_t sent = 0;
    size_t size = 0;
  };

  void Answer(RawConnection& connection, const RawRequest& request) {
    const bool large = request.path == kUnknown;
    if (large) ++progress_.calls;
    const size_t size = large ? kAnswer : 0;
    windows_[request.stream] += connection.PeerSetting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535);
    answers_[request.stream] = {BigEndian(0, 1) + BigEndian(size, 4), 0, size + 5};
    connection.Send(HeaderFrames(request.stream, ResponseBlock()));
    Pump(connection);
  }

  // The newest first, so that small answers are not behind the large ones.
  void Pump(RawConnection& connection) {
    for (auto at = answers_.rbegin(); at != answers_.rend() && !progress_.stop;) {
      auto& [stream, rest] = *at;
      while (SendPart(connection, stream, rest)) {
      }
      if (rest.sent < rest.size) {
        ++at;
        continue;
      }
      connection.Send(HeaderFrames(stream, Field("grpc-status", "0"), NGHTTP2_FLAG_END_STREAM));
      at = std::make_reverse_iterator(answers_.erase(std::next(at).base()));
    }
  }

  bool SendPart(RawConnection& connection, uint32_t stream, Rest& rest) {
    const auto left = static_cast<int64_t>(rest.size - rest.sent);
    const int64_t most = std::min({left, windows_[stream], window_, int64_t{kDefaultFrameSize}});
    if (most <= 0 || progress_.stop) return false;
    std::string part = rest.prefix.substr(std::min(rest.sent, rest.prefix.size()), static_cast<size_t>(most));
    part.resize(static_cast<size_t>(most), 'a');
    window_ -= most;
    windows_[stream] -= most;
    rest.sent += part.size();
    if (rest.size > kAnswer) progress_.sent += part.size();
    return connection.Send(DataFrame(stream, part));
  }

  Progress& progress_;
  int64_t window_ = 65535;
  std::map<uint32_t, int64_t> windows_;  // of the streams; updates may come before the request's end
  std::map<uint32_t, Rest> answers_;
};

TEST(CallerStallTest, ZeroWindowHoldsTheRuntimeBack) {
  Progress answers;
  AbuseSetup setup;
  setup.ReplaceRuntime([&answers](RawConnection& connection, int) {
    LargeAnswers sender(answers);
    if (GreetCaller(connection)) ServeCalls(connection, sender.Script());
  });
  ASSERT_TRUE(Eventually([&] { return setup.Works(); }));
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
  EXPECT_GT(answers.calls, 0u);
  EXPECT_LT(most, before + kMemoryBound) << answers.sent << " bytes sent by the runtime";
  bystander.Finish();
  // What the shim has not held back by now must not fill the machine.
  if (most >= before + kMemoryBound) answers.stop = true;
  caller.reset();
  EXPECT_TRUE(setup.NoLiveCalls());
  EXPECT_TRUE(Eventually([&] { return answers.cancelled == answers.calls; }));
  // A caller who reads gets all of it.
  if (!answers.stop) {
    EXPECT_EQ(setup.shim().client.Call(kUnknown, "").bytes.size(), kAnswer);
  }
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

}  // namespace
}  // namespace sidecar_shim::testing
