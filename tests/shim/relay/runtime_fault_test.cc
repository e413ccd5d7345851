// A runtime whose connection is at fault. Calls fail soon and say why, and go through as soon as a good
// runtime is behind the socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

// A call that takes longer hangs.
constexpr std::chrono::seconds kCallBound{20};

struct BadStart {
  std::string name;
  RawRuntime::Serve serve;
  bool breaks_rules = false;  // so that the shim ends the connection
};

void PrintTo(const BadStart& start, std::ostream* out) { *out << start.name; }

// No call can be made on the connection.
class RuntimeStart : public ::testing::TestWithParam<BadStart> {};

TEST_P(RuntimeStart, FailsCallsSoonAndNamesTheSocket) {
  AbuseSetup setup;
  setup.ReplaceRuntime(GetParam().serve);
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync"), Method("Version")}) {
    const Answer answer = setup.shim().client.Call(method, "", {}, kCallBound);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer.status.error_message();
    // A call that the runtime has not begun is passed back as such (REFUSED_STREAM): the caller repeats it.
    EXPECT_THAT(answer.status.error_message(),
                ::testing::AnyOf(HasSubstr(setup.shim().config.runtime), HasSubstr("RST_STREAM")))
        << method;
  }
  if (GetParam().breaks_rules) setup.ExpectOneWarning();
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

// Reads, and says nothing more.
void StaySilent(RawConnection& connection) {
  while (!connection.closed()) connection.Read(kTestTimeout);
}

RawRuntime::Serve StartWith(const std::string& bytes) {
  return [bytes](RawConnection& connection, int) {
    connection.Send(bytes);
    StaySilent(connection);
  };
}

INSTANTIATE_TEST_SUITE_P(
    With, RuntimeStart,
    ::testing::Values(
        BadStart{"Close", [](RawConnection&, int) {}},
        BadStart{"CloseAfterPreface", [](RawConnection& connection, int) { connection.ReadPreface(); }},
        BadStart{"Silence", StartWith("")},
        BadStart{"HalfOfSettings", StartWith(SettingsFrame().substr(0, 5))},
        BadStart{"Garbage", StartWith(std::string(4096, '\xee')), true},
        BadStart{"Http1", StartWith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), true},
        BadStart{"PingInsteadOfSettings", StartWith(PingFrame()), true},
        BadStart{"BadSettings", StartWith(SettingsFrame({{NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1}})), true},
        BadStart{"GoAway", StartWith(SettingsFrame() + GoAwayFrame(0, NGHTTP2_NO_ERROR))},
        BadStart{"GoAwayAndClose",
                 [](RawConnection& connection, int) {
                   connection.Send(SettingsFrame() + GoAwayFrame(0, NGHTTP2_INTERNAL_ERROR));
                 }}),
    [](const ::testing::TestParamInfo<BadStart>& info) { return info.param.name; });

struct Breach {
  std::string name;
  // What the runtime sends when the call, on this stream, has arrived.
  std::function<std::string(uint32_t stream)> bytes;
  uint32_t code;  // of the shim's GOAWAY
};

void PrintTo(const Breach& breach, std::ostream* out) { *out << breach.name; }

// The connection must end, and all calls on it.
class RuntimeBreach : public ::testing::TestWithParam<Breach> {};

TEST_P(RuntimeBreach, EndsTheConnectionAndTheNextOneServes) {
  std::atomic<bool> armed{true};
  std::atomic<uint32_t> go_away{NGHTTP2_NO_ERROR};
  RawScript script;
  script.on_request = [&](RawConnection& connection, const RawRequest& request) {
    if (request.path != kUnknown || !armed.exchange(false)) return false;
    connection.Send(GetParam().bytes(request.stream));
    return true;
  };
  script.on_frame = [&](RawConnection&, const Frame& frame) {
    if (frame.is(NGHTTP2_GOAWAY) && frame.code() != NGHTTP2_NO_ERROR) go_away = frame.code();
  };
  AbuseSetup setup;
  setup.ReplaceRuntime(script);
  const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
  EXPECT_THAT(answer.status.error_code(),
              ::testing::AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL))
      << answer.status.error_message();
  EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
  // The runtime may read it after the caller has its answer.
  EXPECT_TRUE(Eventually([&] { return go_away == GetParam().code; })) << go_away;
  setup.ExpectOneWarning();
  setup.RestoreRuntime();
}

INSTANTIATE_TEST_SUITE_P(
    Of, RuntimeBreach,
    ::testing::Values(Breach{"Window", [](uint32_t) { return WindowUpdateFrame(0, kMaxWindow); },
                             NGHTTP2_FLOW_CONTROL_ERROR},
                      Breach{"Push",
                             [](uint32_t stream) {
                               return FrameBytes(NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, stream,
                                                 BigEndian(2, 4) + RequestBlock(kUnknown));
                             },
                             NGHTTP2_PROTOCOL_ERROR},
                      Breach{"SettingsWindow",
                             [](uint32_t) {
                               return SettingsFrame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kMaxWindow + 1}});
                             },
                             NGHTTP2_FLOW_CONTROL_ERROR},
                      Breach{"SettingsPush",
                             [](uint32_t) {
                               return SettingsFrame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 2}});
                             },
                             NGHTTP2_PROTOCOL_ERROR},
                      Breach{"SettingsLength",
                             [](uint32_t) { return FrameBytes(NGHTTP2_SETTINGS, 0, 0, "12345"); },
                             NGHTTP2_FRAME_SIZE_ERROR},
                      Breach{"IdleStream", [](uint32_t stream) { return DataFrame(stream + 1000, "data"); },
                             NGHTTP2_PROTOCOL_ERROR},
                      Breach{"EvenStream", [](uint32_t) { return HeaderFrames(2, ResponseBlock()); },
                             NGHTTP2_PROTOCOL_ERROR},
                      Breach{"FrameSize",
                             [](uint32_t stream) {
                               // Above what any peer may announce in one byte less. Its beginning is enough,
                               // and leaves the runtime free to read the answer.
                               return FrameBytes(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                                                 std::string((1 << 24) - 1, '\0'))
                                   .substr(0, 64 * 1024);
                             },
                             NGHTTP2_FRAME_SIZE_ERROR},
                      Breach{"Compression", [](uint32_t stream) { return HeaderFrames(stream, "\x80"); },
                             NGHTTP2_COMPRESSION_ERROR},
                      Breach{"Continuation",
                             [](uint32_t stream) {
                               return FrameBytes(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, stream,
                                                 ResponseBlock());
                             },
                             NGHTTP2_PROTOCOL_ERROR}),
    [](const ::testing::TestParamInfo<Breach>& info) { return info.param.name; });

// Serves one call of kUnknown by `first`, later ones well.
RawScript Once(std::atomic<bool>& armed, std::function<void(RawConnection&, uint32_t stream)> first) {
  RawScript script;
  script.on_request = [&armed, first = std::move(first)](RawConnection& connection,
                                                         const RawRequest& request) {
    if (request.path != kUnknown || !armed.exchange(false)) return false;
    first(connection, request.stream);
    return true;
  };
  return script;
}

TEST(RuntimeFaultTest, EofInTheMiddleOfACall) {
  const std::string message = GrpcMessage(std::string(1000, 'a'));
  const auto headers = [](uint32_t stream) { return HeaderFrames(stream, ResponseBlock()); };
  const std::function<std::string(uint32_t)> starts[] = {
      [](uint32_t) { return std::string(); },
      [&](uint32_t stream) { return headers(stream).substr(0, 12); },
      headers,
      [&](uint32_t stream) { return headers(stream) + DataFrame(stream, message.substr(0, 500)); },
      [&](uint32_t stream) { return headers(stream) + DataFrame(stream, message).substr(0, 500); },
      [&](uint32_t stream) { return headers(stream) + DataFrame(stream, message); },
  };
  AbuseSetup setup;
  for (const auto& start : starts) {
    std::atomic<bool> armed{true};
    setup.ReplaceRuntime(Once(armed, [&](RawConnection& connection, uint32_t stream) {
      connection.Send(start(stream));
      connection.Abort();
    }));
    const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer.status.error_message();
    EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
    setup.RestoreRuntime();
  }
}

// A stream's fault, which may be taken for the connection's (RFC 9113, section 5.4.2).
TEST(RuntimeFaultTest, DataBeforeHeaders) {
  std::atomic<bool> armed{true};
  AbuseSetup setup;
  setup.ReplaceRuntime(Once(armed, [](RawConnection& connection, uint32_t stream) {
    connection.Send(DataFrame(stream, GrpcMessage("early")) + AnswerFrames(stream));
  }));
  const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
  EXPECT_FALSE(answer.status.ok());
  EXPECT_NE(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

// The runtime has not begun the call: it may be made again, by the shim or by the caller.
TEST(RuntimeFaultTest, GoAwayBelowTheCall) {
  std::atomic<bool> armed{true};
  AbuseSetup setup;
  setup.ReplaceRuntime(Once(armed, [](RawConnection& connection, uint32_t stream) {
    connection.Send(GoAwayFrame(stream > 2 ? stream - 2 : 0, NGHTTP2_NO_ERROR));
  }));
  const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
  EXPECT_THAT(answer.status.error_code(),
              ::testing::AnyOf(grpc::StatusCode::OK, grpc::StatusCode::UNAVAILABLE))
      << answer.status.error_message();
  EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

// A graceful end: calls that the runtime has begun are completed.
TEST(RuntimeFaultTest, GoAwayAboveTheCall) {
  std::atomic<bool> armed{true};
  AbuseSetup setup;
  setup.ReplaceRuntime(Once(armed, [](RawConnection& connection, uint32_t stream) {
    connection.Send(GoAwayFrame(kMaxWindow, NGHTTP2_NO_ERROR) + GoAwayFrame(stream, NGHTTP2_NO_ERROR) +
                    AnswerFrames(stream, "done"));
  }));
  const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.bytes, "done");
  // New calls go to a new connection.
  EXPECT_TRUE(setup.shim().client.Call(kUnknown, "", {}, kCallBound).status.ok());
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

// Floods end with the call's answer, or with the connection.
TEST(RuntimeFaultTest, FloodsDoNotFillMemory) {
  const std::string units[] = {PingFrame(), SettingsFrame(), WindowUpdateFrame(0, 1),
                               FrameBytes(0xfa, 0, 0, "what")};
  AbuseSetup setup;
  for (const std::string& unit : units) {
    std::atomic<bool> armed{true};
    setup.ReplaceRuntime(Once(armed, [&](RawConnection& connection, uint32_t stream) {
      const std::string chunk = Repeated(unit, 1000);
      // Answers are not read meanwhile.
      for (int i = 0; i < 200 && connection.Send(chunk, std::chrono::seconds(1)); ++i) {
      }
      connection.Send(AnswerFrames(stream), std::chrono::milliseconds(0));
    }));
    const size_t before = ResidentBytes();
    const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
    EXPECT_THAT(
        answer.status.error_code(),
        ::testing::AnyOf(grpc::StatusCode::OK, grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL));
    EXPECT_LT(ResidentBytes(), before + kMemoryBound);
    EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
    setup.RestoreRuntime();
  }
  setup.ExpectShortLog();
}

TEST(RuntimeFaultTest, EndlessHeaderBlock) {
  std::atomic<bool> armed{true};
  AbuseSetup setup;
  setup.ReplaceRuntime(Once(armed, [](RawConnection& connection, uint32_t stream) {
    connection.Send(FrameBytes(NGHTTP2_HEADERS, 0, stream, ResponseBlock()));
    const std::string part = Repeated(Field("a", "b"), kDefaultFrameSize / 5);
    for (int i = 0; i < 4096; ++i) {
      if (!connection.Send(FrameBytes(NGHTTP2_CONTINUATION, 0, stream, part), std::chrono::seconds(1))) break;
    }
  }));
  const size_t before = ResidentBytes();
  const Answer answer = setup.shim().client.Call(kUnknown, "", {}, kCallBound);
  EXPECT_FALSE(answer.status.ok());
  EXPECT_NE(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  EXPECT_TRUE(Eventually([&] { return setup.Works(); }));
  setup.ExpectOneWarning();
  setup.RestoreRuntime();
}

}  // namespace
}  // namespace sidecar_shim::testing
