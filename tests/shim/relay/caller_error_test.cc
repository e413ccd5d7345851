// Callers that break HTTP/2's rules. Each loses its connection, or its call, and is told why; others notice
// nothing.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

constexpr uint32_t kAnyCode = ~0u;

struct Fault {
  std::string name;
  std::string bytes;
  uint32_t code = kAnyCode;  // of the GOAWAY, where RFC 9113 leaves no choice
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

std::string FaultName(const ::testing::TestParamInfo<Fault>& info) { return info.param.name; }

// Ends the connection.
class CallerError : public ::testing::TestWithParam<Fault> {};

TEST_P(CallerError, IsToldWhy) {
  const Fault& fault = GetParam();
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  setup.shim().runtime.Hang(kUnknown);
  const auto caller = setup.Connect();
  caller->Send(fault.bytes);
  const Ending end = caller->WaitForEnd();
  EXPECT_TRUE(end.closed);
  ASSERT_TRUE(end.go_away.has_value());
  EXPECT_NE(*end.go_away, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  if (fault.code != kAnyCode) {
    EXPECT_EQ(*end.go_away, fault.code);
  }
  bystander.Finish();
  setup.ExpectOneWarning();
  EXPECT_TRUE(setup.NoLiveCalls());
}

// One call open, the request not complete.
std::string OpenCall(uint32_t stream = 1) { return HeaderFrames(stream, RequestBlock(kUnknown)); }

INSTANTIATE_TEST_SUITE_P(
    Frames, CallerError,
    ::testing::Values(
        Fault{"DataOnIdleStream", DataFrame(5, "data"), NGHTTP2_PROTOCOL_ERROR},
        Fault{"DataOnStreamZero", DataFrame(0, "data"), NGHTTP2_PROTOCOL_ERROR},
        Fault{"EvenStream", OpenCall(2), NGHTTP2_PROTOCOL_ERROR},
        Fault{"HeadersOnStreamZero", OpenCall(0), NGHTTP2_PROTOCOL_ERROR},
        Fault{"RstOfIdleStream", RstStreamFrame(7, NGHTTP2_CANCEL), NGHTTP2_PROTOCOL_ERROR},
        Fault{"WindowUpdateOfIdleStream", WindowUpdateFrame(7, 1), NGHTTP2_PROTOCOL_ERROR},
        Fault{"PushPromise",
              OpenCall() + FrameBytes(NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, 1,
                                      BigEndian(2, 4) + RequestBlock(kUnknown)),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"ContinuationOfNothing", FrameBytes(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"PingInsideHeaders", FrameBytes(NGHTTP2_HEADERS, 0, 1, RequestBlock(kUnknown)) + PingFrame(),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"PaddingAboveLength", OpenCall() + DataFrame(1, "\xff", NGHTTP2_FLAG_PADDED),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"PingTooShort", FrameBytes(NGHTTP2_PING, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR},
        Fault{"PingOnStream", FrameBytes(NGHTTP2_PING, 0, 1, "12345678"), NGHTTP2_PROTOCOL_ERROR},
        Fault{"RstTooLong", OpenCall() + FrameBytes(NGHTTP2_RST_STREAM, 0, 1, "12345"),
              NGHTTP2_FRAME_SIZE_ERROR},
        Fault{"GoAwayOnStream", FrameBytes(NGHTTP2_GOAWAY, 0, 1, std::string(8, '\0')),
              NGHTTP2_PROTOCOL_ERROR}),
    FaultName);

INSTANTIATE_TEST_SUITE_P(
    Settings, CallerError,
    ::testing::Values(
        Fault{"SettingsTooShort", FrameBytes(NGHTTP2_SETTINGS, 0, 0, "12345"), NGHTTP2_FRAME_SIZE_ERROR},
        Fault{"SettingsOnStream", FrameBytes(NGHTTP2_SETTINGS, 0, 1), NGHTTP2_PROTOCOL_ERROR},
        Fault{"SettingsAckWithPayload", FrameBytes(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "123456"),
              NGHTTP2_FRAME_SIZE_ERROR},
        Fault{"SettingsPushTwo", SettingsFrame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 2}}), NGHTTP2_PROTOCOL_ERROR},
        Fault{"SettingsWindowTooLarge",
              SettingsFrame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kMaxWindow + 1}}),
              NGHTTP2_FLOW_CONTROL_ERROR},
        Fault{"SettingsFrameTooSmall", SettingsFrame({{NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1}}),
              NGHTTP2_PROTOCOL_ERROR}),
    FaultName);

INSTANTIATE_TEST_SUITE_P(
    Compression, CallerError,
    ::testing::Values(Fault{"HpackIndexZero", HeaderFrames(1, "\x80"), NGHTTP2_COMPRESSION_ERROR},
                      Fault{"HpackIndexOfNothing", HeaderFrames(1, "\xfe"), NGHTTP2_COMPRESSION_ERROR},
                      Fault{"HpackEndsInsideField", HeaderFrames(1, RequestBlock(kUnknown, "\x40\x7f")),
                            NGHTTP2_COMPRESSION_ERROR},
                      Fault{"HpackTableAboveBound",
                            HeaderFrames(1, "\x3f\xe1\xff\xff\x07" + RequestBlock(kUnknown)),
                            NGHTTP2_COMPRESSION_ERROR}),
    FaultName);

INSTANTIATE_TEST_SUITE_P(
    Windows, CallerError,
    ::testing::Values(Fault{"WindowAboveBound", WindowUpdateFrame(0, kMaxWindow), NGHTTP2_FLOW_CONTROL_ERROR},
                      Fault{"WindowUpdateOfZero", WindowUpdateFrame(0, 0), NGHTTP2_PROTOCOL_ERROR},
                      Fault{"WindowUpdateTooShort", FrameBytes(NGHTTP2_WINDOW_UPDATE, 0, 0, "123"),
                            NGHTTP2_FRAME_SIZE_ERROR}),
    FaultName);

// One byte more than the shim has announced.
TEST(CallerErrorTest, FrameAboveTheAnnouncedSize) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  const auto caller = setup.Connect();
  const size_t most = caller->PeerSetting(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kDefaultFrameSize);
  const std::string block = RequestBlock(kUnknown, Repeated(Field("a", "b"), most));
  caller->Send(FrameBytes(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block.substr(0, most + 1)));
  const Ending end = caller->WaitForEnd();
  EXPECT_TRUE(end.closed);
  EXPECT_EQ(end.go_away, static_cast<uint32_t>(NGHTTP2_FRAME_SIZE_ERROR));
  bystander.Finish();
  setup.ExpectOneWarning();
}

// The frame that ends the call (RST_STREAM) or the connection (GOAWAY), or null.
std::optional<Frame> ReadError(RawConnection& caller) {
  return caller.ReadUntil(
      [](const Frame& frame) { return frame.is(NGHTTP2_RST_STREAM) || frame.is(NGHTTP2_GOAWAY); });
}

// May end the call only.
class CallError : public ::testing::TestWithParam<Fault> {};

TEST_P(CallError, IsToldWhy) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  setup.shim().runtime.Hang(kUnknown);
  const auto caller = setup.Connect();
  caller->Send(GetParam().bytes);
  const std::optional<Frame> error = ReadError(*caller);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), GetParam().code);
  // The call is over, whatever else the connection does.
  EXPECT_TRUE(setup.NoLiveCalls());
  if (error->is(NGHTTP2_RST_STREAM)) {
    EXPECT_TRUE(caller->Alive());
  }
  bystander.Finish();
  setup.ExpectShortLog();
}

INSTANTIATE_TEST_SUITE_P(
    Streams, CallError,
    ::testing::Values(
        Fault{"HeadersAfterEndStream", RequestFrames(1, kUnknown) + OpenCall(1), NGHTTP2_STREAM_CLOSED},
        Fault{"DataAfterEndStream", RequestFrames(1, kUnknown) + DataFrame(1, "data"), NGHTTP2_STREAM_CLOSED},
        Fault{"WindowAboveBound", OpenCall() + WindowUpdateFrame(1, kMaxWindow), NGHTTP2_FLOW_CONTROL_ERROR},
        Fault{"WindowUpdateOfZero", OpenCall() + WindowUpdateFrame(1, 0), NGHTTP2_PROTOCOL_ERROR},
        Fault{"TrailersWithoutEndStream", OpenCall() + HeaderFrames(1, Field("late", "x")),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"NoPath", HeaderFrames(1, Block({{":method", "POST"}, {":scheme", "http"}})),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"TwoPaths", HeaderFrames(1, Field(":path", "/a/b") + RequestBlock(kUnknown)),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"PseudoFieldLast", HeaderFrames(1, Field("te", "trailers") + RequestBlock(kUnknown)),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"UpperCaseName", HeaderFrames(1, RequestBlock(kUnknown, Field("Name", "x"))),
              NGHTTP2_PROTOCOL_ERROR},
        Fault{"ConnectionField", HeaderFrames(1, RequestBlock(kUnknown, Field("connection", "close"))),
              NGHTTP2_PROTOCOL_ERROR}),
    FaultName);

// Sends more than the window that the shim gives while the runtime reads nothing.
TEST(CallerErrorTest, DataBeyondTheWindow) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  setup.shim().runtime.On(kUnknown, [](const std::shared_ptr<RawCall>& call) {
    call->on_cancelled = [call] { call->Finish(grpc::Status::CANCELLED); };
  });
  const auto caller = setup.Connect();
  caller->Send(OpenCall());
  const std::string frame = DataFrame(1, std::string(kDefaultFrameSize, 'x'));
  const size_t before = ResidentBytes();
  // Windows are no larger than this.
  for (int i = 0; i < 8192 && caller->Send(frame, std::chrono::seconds(1)); ++i) {
  }
  const std::optional<Frame> error = ReadError(*caller);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), static_cast<uint32_t>(NGHTTP2_FLOW_CONTROL_ERROR));
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  EXPECT_TRUE(setup.NoLiveCalls());
  bystander.Finish();
  setup.ExpectShortLog();
}

// Not HTTP/2 at all.
class NotHttp2 : public ::testing::TestWithParam<Fault> {};

TEST_P(NotHttp2, LosesItsConnection) {
  AbuseSetup setup;
  Bystander bystander(setup.socket());
  const auto caller = RawConnection::To(setup.socket());
  caller->Send(GetParam().bytes);
  // An answer in HTTP/1.1 is as good as a GOAWAY, and both may be left out.
  const Ending end = caller->WaitForEnd();
  EXPECT_TRUE(end.closed);
  bystander.Finish();
  setup.ExpectOneWarning();
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, NotHttp2,
    ::testing::Values(Fault{"Zeros", std::string(4096, '\0')}, Fault{"Ones", std::string(4096, '\xff')},
                      Fault{"Http1", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"},
                      Fault{"ClientHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) +
                                               std::string(506, 'r')},
                      Fault{"NoSettings", std::string(kPreface) + PingFrame()},
                      Fault{"GarbageInsteadOfSettings", std::string(kPreface) + std::string(4096, '\xee')},
                      Fault{"PrefaceTwice", std::string(kPreface) + std::string(kPreface)}),
    FaultName);

}  // namespace
}  // namespace sidecar_shim::testing
