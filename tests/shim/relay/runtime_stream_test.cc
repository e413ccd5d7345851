// A runtime that answers one call in a way that HTTP/2 or gRPC does not allow, or just so. That call ends,
// with the right status; other calls on the same connection to the runtime notice nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

using grpc::StatusCode;
using ::testing::AnyOf;

constexpr std::chrono::seconds kCallBound{20};

// The frames that answer the call on this stream.
using Frames = std::function<std::string(uint32_t stream)>;

struct Reply {
  std::string name;
  Frames frames;
  std::vector<StatusCode> codes;  // that the caller may get
};

void PrintTo(const Reply& reply, std::ostream* out) { *out << reply.name; }

std::string ReplyName(const ::testing::TestParamInfo<Reply>& info) { return info.param.name; }

RawScript AnswerWith(const Frames& frames) {
  RawScript script;
  script.on_request = [frames](RawConnection& connection, const RawRequest& request) {
    if (request.path != kUnknown && request.path != Method("ExecSync")) return false;
    connection.Send(frames(request.stream));
    return true;
  };
  return script;
}

class RuntimeStream : public ::testing::TestWithParam<Reply> {};

TEST_P(RuntimeStream, EndsItsCallAndNoOther) {
  AbuseSetup setup;
  setup.ReplaceRuntime(AnswerWith(GetParam().frames));
  Bystander bystander(setup.socket());
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync")}) {
    const Answer answer = setup.shim().client.Call(method, "", {}, kCallBound);
    EXPECT_THAT(GetParam().codes, ::testing::Contains(answer.status.error_code()))
        << method << ": " << answer.status.error_message();
  }
  bystander.Finish();
  EXPECT_TRUE(setup.NoLiveCalls());
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

std::string Head(uint32_t stream) { return HeaderFrames(stream, ResponseBlock()); }
std::string Trailers(uint32_t stream, std::string_view block) {
  return HeaderFrames(stream, block, NGHTTP2_FLAG_END_STREAM);
}
std::string Informational(uint32_t stream, const std::string& status) {
  return HeaderFrames(stream, Field(":status", status));
}

// By "gRPC over HTTP2": what a call's status is where RST_STREAM ends it.
Reply Reset(const std::string& name, uint32_t code, std::vector<StatusCode> codes) {
  return {name, [code](uint32_t stream) { return RstStreamFrame(stream, code); }, std::move(codes)};
}
Reply ResetAfterHeaders(const std::string& name, uint32_t code, std::vector<StatusCode> codes) {
  return {name, [code](uint32_t stream) { return Head(stream) + RstStreamFrame(stream, code); },
          std::move(codes)};
}

INSTANTIATE_TEST_SUITE_P(
    Reset, RuntimeStream,
    ::testing::Values(
        Reset("Cancel", NGHTTP2_CANCEL, {StatusCode::CANCELLED}),
        Reset("InternalError", NGHTTP2_INTERNAL_ERROR, {StatusCode::INTERNAL}),
        Reset("Refused", NGHTTP2_REFUSED_STREAM, {StatusCode::UNAVAILABLE}),
        Reset("Calm", NGHTTP2_ENHANCE_YOUR_CALM, {StatusCode::RESOURCE_EXHAUSTED}),
        Reset("NoError", NGHTTP2_NO_ERROR,
              {StatusCode::INTERNAL, StatusCode::UNKNOWN, StatusCode::UNAVAILABLE}),
        ResetAfterHeaders("CancelAfterHeaders", NGHTTP2_CANCEL, {StatusCode::CANCELLED}),
        ResetAfterHeaders("InternalErrorAfterHeaders", NGHTTP2_INTERNAL_ERROR, {StatusCode::INTERNAL}),
        ResetAfterHeaders("RefusedAfterHeaders", NGHTTP2_REFUSED_STREAM, {StatusCode::UNAVAILABLE}),
        ResetAfterHeaders("CalmAfterHeaders", NGHTTP2_ENHANCE_YOUR_CALM, {StatusCode::RESOURCE_EXHAUSTED}),
        Reply{"AfterTrailers",
              [](uint32_t stream) { return AnswerFrames(stream) + RstStreamFrame(stream, NGHTTP2_NO_ERROR); },
              {StatusCode::OK}},
        Reply{"InsideAMessage",
              [](uint32_t stream) {
                return Head(stream) + DataFrame(stream, GrpcMessage("half").substr(0, 7)) +
                       RstStreamFrame(stream, NGHTTP2_CANCEL);
              },
              {StatusCode::CANCELLED}}),
    ReplyName);

const std::vector<StatusCode> kAnyError = {StatusCode::INTERNAL, StatusCode::UNKNOWN,
                                           StatusCode::UNAVAILABLE};

INSTANTIATE_TEST_SUITE_P(
    Malformed, RuntimeStream,
    ::testing::Values(
        Reply{"NoStatusField",
              [](uint32_t stream) {
                return HeaderFrames(stream, Field("content-type", "application/grpc")) +
                       DataFrame(stream, GrpcMessage("")) + Trailers(stream, Field("grpc-status", "0"));
              },
              kAnyError},
        Reply{"WindowAboveBound", [](uint32_t stream) { return WindowUpdateFrame(stream, kMaxWindow); },
              kAnyError},
        Reply{"DataEndsTheStream",
              [](uint32_t stream) {
                return Head(stream) + DataFrame(stream, GrpcMessage("end"), NGHTTP2_FLAG_END_STREAM);
              },
              kAnyError},
        Reply{"HeadersEndTheStream",
              [](uint32_t stream) { return HeaderFrames(stream, ResponseBlock(), NGHTTP2_FLAG_END_STREAM); },
              kAnyError},
        Reply{"UpperCaseName",
              [](uint32_t stream) { return HeaderFrames(stream, ResponseBlock() + Field("Name", "x")); },
              kAnyError},
        Reply{"TrailersWithoutEnd",
              [](uint32_t stream) { return Head(stream) + HeaderFrames(stream, Field("grpc-status", "0")); },
              kAnyError},
        Reply{"InformationalEndsTheStream",
              [](uint32_t stream) {
                return HeaderFrames(stream, Field(":status", "100"), NGHTTP2_FLAG_END_STREAM);
              },
              kAnyError}),
    ReplyName);

INSTANTIATE_TEST_SUITE_P(
    Odd, RuntimeStream,
    ::testing::Values(Reply{"InformationalHeaders",
                            [](uint32_t stream) {
                              return Informational(stream, "100") + Informational(stream, "103") +
                                     AnswerFrames(stream);
                            },
                            {StatusCode::OK}},
                      Reply{"PaddedData",
                            [](uint32_t stream) {
                              const std::string padded =
                                  BigEndian(20, 1) + GrpcMessage("padded") + std::string(20, '\0');
                              return Head(stream) + DataFrame(stream, padded, NGHTTP2_FLAG_PADDED) +
                                     Trailers(stream, Field("grpc-status", "0"));
                            },
                            {StatusCode::OK}},
                      Reply{"EmptyDataBetween",
                            [](uint32_t stream) {
                              return Head(stream) + Repeated(DataFrame(stream, ""), 100) +
                                     DataFrame(stream, GrpcMessage("x")) +
                                     Repeated(DataFrame(stream, ""), 100) +
                                     Trailers(stream, Field("grpc-status", "0"));
                            },
                            {StatusCode::OK}},
                      Reply{"ServiceUnavailable",
                            [](uint32_t stream) {
                              return HeaderFrames(stream,
                                                  Block({{":status", "503"}, {"content-type", "text/html"}}),
                                                  NGHTTP2_FLAG_END_STREAM);
                            },
                            {StatusCode::UNAVAILABLE}}),
    ReplyName);

// Text that is too long for someone on the way: the call may fail instead, the connection may not.
class LargeTrailers : public ::testing::TestWithParam<size_t> {};

TEST_P(LargeTrailers, ArriveOrFailTheirCallAlone) {
  const std::string text(GetParam() * 1024, 't');
  AbuseSetup setup;
  setup.ReplaceRuntime(AnswerWith([&](uint32_t stream) {
    return Head(stream) + Trailers(stream, Field("grpc-status", "5") + Field("grpc-message", text));
  }));
  Bystander bystander(setup.socket());
  for (const std::string& method : {std::string(kUnknown), Method("ExecSync")}) {
    // Not the bystander's connection.
    Client other(setup.socket());
    const grpc::Status status = other.Call(method, "", {}, kCallBound).status;
    if (status.error_code() == StatusCode::NOT_FOUND) {
      EXPECT_EQ(status.error_message(), text);
    }
    EXPECT_THAT(status.error_code(),
                AnyOf(StatusCode::NOT_FOUND, StatusCode::INTERNAL, StatusCode::UNAVAILABLE,
                      StatusCode::RESOURCE_EXHAUSTED, StatusCode::UNKNOWN));
  }
  bystander.Finish();
  setup.RestoreRuntime();
  setup.ExpectShortLog();
}

INSTANTIATE_TEST_SUITE_P(Of, LargeTrailers, ::testing::Values(80, 1024),
                         [](const ::testing::TestParamInfo<size_t>& info) {
                           return std::to_string(info.param) + "KiB";
                         });

// gRPC leaves it to the caller what such an end means.
TEST(RuntimeStreamTest, TrailersWithoutStatusArePassedOn) {
  AbuseSetup setup;
  setup.ReplaceRuntime(AnswerWith([](uint32_t stream) {
    return Head(stream) + DataFrame(stream, GrpcMessage("")) + Trailers(stream, Field("late", "yes"));
  }));
  const auto caller = setup.Connect();
  caller->Send(RequestFrames(1, kUnknown));
  const std::optional<Frame> last = caller->ReadUntil([](const Frame& frame) { return frame.ends_stream(); });
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->field("late"), "yes");
  EXPECT_EQ(last->field("grpc-status"), "");
  setup.RestoreRuntime();
}

}  // namespace
}  // namespace sidecar_shim::testing
