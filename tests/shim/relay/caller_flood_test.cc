// Callers that send without end. Their connection may be closed or go on; other callers and the process's
// memory must not notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kChunk = 1 << 16;

struct Flood {
  std::string name;
  std::string start;  // once
  std::string unit;   // then this,
  size_t count = 0;   // that often
};

void PrintTo(const Flood& flood, std::ostream* out) { *out << flood.name; }

std::string FloodName(const ::testing::TestParamInfo<Flood>& info) { return info.param.name; }

std::string OpenCall(uint32_t stream) { return HeaderFrames(stream, RequestBlock(kUnknown)); }

// Reads nothing meanwhile. Ends early where the shim closes the connection, or stops reading: that bounds
// what it has to keep of the answers.
void Send(RawConnection& caller, const Flood& flood) {
  const size_t units = std::max<size_t>(kChunk / flood.unit.size(), 1);
  const std::string chunk = Repeated(flood.unit, units);
  if (!caller.Send(flood.start)) return;
  for (size_t sent = 0; sent < flood.count; sent += units) {
    if (!caller.Send(chunk, std::chrono::seconds(1))) return;
  }
}

class CallerFlood : public ::testing::TestWithParam<Flood> {};

TEST_P(CallerFlood, HarmsNobodyElse) {
  AbuseSetup setup;
  setup.shim().runtime.Hang(kUnknown);
  auto caller = setup.Connect();
  Bystander bystander(setup.socket());
  const size_t before = ResidentBytes();
  Send(*caller, GetParam());
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  if (!caller->Alive()) {
    const Ending end = caller->WaitForEnd();
    EXPECT_TRUE(end.closed);
    // Missing where the shim closed while the flood went on.
    EXPECT_NE(end.go_away.value_or(NGHTTP2_ENHANCE_YOUR_CALM), static_cast<uint32_t>(NGHTTP2_NO_ERROR));
    setup.ExpectOneWarning();
  }
  caller.reset();
  bystander.Finish();
  EXPECT_TRUE(setup.NoLiveCalls());
  setup.ExpectShortLog();
}

INSTANTIATE_TEST_SUITE_P(
    Frames, CallerFlood,
    ::testing::Values(
        Flood{"Settings", "", SettingsFrame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535}}), 200'000},
        Flood{"EmptySettings", "", SettingsFrame(), 200'000}, Flood{"Ping", "", PingFrame(), 200'000},
        Flood{"EmptyData", OpenCall(1), DataFrame(1, ""), 200'000},
        Flood{"WindowUpdate", "", WindowUpdateFrame(0, 1), 200'000},
        Flood{"WindowUpdateOfStream", OpenCall(1), WindowUpdateFrame(1, 1), 200'000},
        Flood{"Priority", "", FrameBytes(NGHTTP2_PRIORITY, 0, 1, "\x7f\xff\xff\xff\x10"), 200'000},
        Flood{"UnknownType", "", FrameBytes(0xfa, 0, 0, "what"), 200'000},
        // A window that grows and shrinks under many open streams is work for each of them.
        Flood{"SettingsUnderStreams",
              [] {
                std::string calls;
                for (uint32_t stream = 1; stream < 200; stream += 2) calls += OpenCall(stream);
                return calls;
              }(),
              SettingsFrame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1},
                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535}}),
              50'000}),
    FloodName);

// A header block that never ends: nothing else is allowed on the connection, so it must be closed.
class ContinuationFlood : public ::testing::TestWithParam<Flood> {};

TEST_P(ContinuationFlood, LosesItsConnection) {
  AbuseSetup setup;
  const auto caller = setup.Connect();
  Bystander bystander(setup.socket());
  const size_t before = ResidentBytes();
  Send(*caller, GetParam());
  const Ending end = caller->WaitForEnd();
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  EXPECT_TRUE(end.closed);
  ASSERT_TRUE(end.go_away.has_value());
  EXPECT_NE(*end.go_away, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  bystander.Finish();
  EXPECT_TRUE(setup.NoLiveCalls());
  setup.ExpectOneWarning();
}

std::string Continuation(std::string_view part) { return FrameBytes(NGHTTP2_CONTINUATION, 0, 1, part); }

INSTANTIATE_TEST_SUITE_P(
    Parts, ContinuationFlood,
    ::testing::Values(
        Flood{"Empty", FrameBytes(NGHTTP2_HEADERS, 0, 1), Continuation(""), 1'000'000},
        Flood{"Large", FrameBytes(NGHTTP2_HEADERS, 0, 1, RequestBlock(kUnknown)),
              Continuation(Repeated(Field("a", "b"), kDefaultFrameSize / 5)), 4096},
        // One field whose value goes on and on.
        Flood{"OneField", FrameBytes(NGHTTP2_HEADERS, 0, 1, std::string("\x00\x01x\x7f\x81\xff\xff\x7f", 8)),
              Continuation(std::string(kDefaultFrameSize, 'v')), 4096}),
    FloodName);

// Each call is cancelled as soon as it is opened: the caller is never above the bound of concurrent streams,
// the runtime would be.
TEST(CallerFloodTest, RapidReset) {
  AbuseSetup setup;
  setup.shim().runtime.Hang(kUnknown);
  auto caller = setup.Connect();
  Bystander bystander(setup.socket());
  const size_t before = ResidentBytes();
  constexpr uint32_t kCalls = 20'000;
  for (uint32_t i = 0; i < kCalls; ++i) {
    const uint32_t stream = 2 * i + 1;
    const std::string call = RequestFrames(stream, kUnknown) + RstStreamFrame(stream, NGHTTP2_CANCEL);
    if (!caller->Send(call, std::chrono::seconds(1))) break;
  }
  if (!caller->Alive()) {
    EXPECT_NE(caller->WaitForEnd().go_away.value_or(NGHTTP2_ENHANCE_YOUR_CALM),
              static_cast<uint32_t>(NGHTTP2_NO_ERROR));
    setup.ExpectOneWarning();
  }
  EXPECT_TRUE(setup.NoLiveCalls());
  EXPECT_TRUE(Eventually([&] { return setup.shim().runtime.Hanging() == 0; }));
  // The runtime is in this process too.
  EXPECT_LT(ResidentBytes(), before + 2 * kMemoryBound);
  bystander.Finish();
  setup.ExpectShortLog();
}

// The shim resets each call itself, since the caller lets it: the same work without RST_STREAM of the
// caller's.
TEST(CallerFloodTest, MadeToReset) {
  AbuseSetup setup;
  setup.shim().runtime.Hang(kUnknown);
  auto caller = setup.Connect();
  Bystander bystander(setup.socket());
  for (uint32_t stream = 1; stream < 40'000; stream += 2) {
    if (!caller->Send(OpenCall(stream) + WindowUpdateFrame(stream, kMaxWindow), std::chrono::seconds(1)))
      break;
  }
  if (!caller->Alive()) {
    EXPECT_NE(caller->WaitForEnd().go_away.value_or(NGHTTP2_ENHANCE_YOUR_CALM),
              static_cast<uint32_t>(NGHTTP2_NO_ERROR));
    setup.ExpectOneWarning();
  }
  caller.reset();
  EXPECT_TRUE(setup.NoLiveCalls());
  bystander.Finish();
  setup.ExpectShortLog();
}

// Connections, not frames: each says hello and goes away.
TEST(CallerFloodTest, ConnectionsComeAndGo) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  for (int i = 0; i < 2000; ++i) {
    const auto caller = RawConnection::To(setup.socket());
    if (i % 2 == 0) caller->Send(std::string(kPreface) + SettingsFrame() + OpenCall(1));
  }
  bystander.Finish();
  EXPECT_TRUE(setup.NoLiveCalls());
  setup.ExpectShortLog();
}

}  // namespace
}  // namespace sidecar_shim::testing
