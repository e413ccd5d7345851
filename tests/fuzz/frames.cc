#include "tests/fuzz/frames.h"

#include <iterator>

#include "tests/fuzz/compressed.h"
#include "tests/fuzz/fuzz_handlers.h"
#include "tests/fuzz/script.h"
#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {
namespace {

constexpr uint32_t kIncrements[] = {1, 5, 65'535, 1'000'000, kMaxWindow, 0};
constexpr std::string_view kPings[] = {"12345678", "\x02\x04\x10\x10\x09\x0e\x07\x07", "draining"};

SettingList GreetingAt(size_t index) {
  switch (index % 6) {
    case 1:
      return {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}};
    case 2:
      return {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 7}, {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0}};
    case 3:
      return {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kMaxWindow}, {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1 << 20}};
    case 4:
      return {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}, {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 1 << 20}};
    case 5:
      return {{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 1}, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}};
    default:
      return {};
  }
}

std::string Headers(FuzzInput& input, uint32_t stream, Side side) {
  const size_t path = side == Side::kCaller ? input.Byte() : 0;
  const uint8_t extra = input.Byte();
  const uint8_t flags = input.Byte() & NGHTTP2_FLAG_END_STREAM;
  std::string block;
  if (side == Side::kCaller) {
    block = RequestBlock(PathAt(path));
    if ((extra & kTimeout) != 0) block += Field("grpc-timeout", "20m");
  } else if ((extra & kInformational) != 0) {
    block = Field(":status", "103");
  } else {
    block = (extra & kTimeout) == 0 ? ResponseBlock() : Field(":status", "404");
  }
  if ((extra & kEncoding) != 0) block += Field("grpc-encoding", "gzip");
  if ((extra & kAccepts) != 0) block += Field("grpc-accept-encoding", "gzip, snappy");
  if ((extra & kIndexed) != 0) block += IndexedField("x-trace", "some value");
  if ((extra & kLong) != 0) block += Field("x-long", std::string(20'000, 'l'));
  if ((extra & kMalformed) != 0) block += Field("Upgrade", "\n");
  if ((extra & kTooLong) != 0) block += Field("x-too-long", std::string(66'000, 'l'));
  return HeaderFrames(stream, block, flags);
}

std::string Message(FuzzInput& input, uint32_t stream) {
  size_t length = input.Byte();
  const uint8_t form = input.Byte();
  const uint8_t flags = input.Byte() & NGHTTP2_FLAG_END_STREAM;
  if ((form & kLargeForm) != 0) length *= 256;
  std::string message = GrpcMessage(std::string(length, 'm'));
  if ((form & kCompressedForm) != 0) {
    message = GrpcMessage(Compressed(std::string(length, 'm'), /*gzip=*/true));
    message[0] = 1;
  }
  std::string frames;
  std::string_view left = message;
  while (left.size() > kDefaultFrameSize / 2) {
    frames += DataFrame(stream, left.substr(0, kDefaultFrameSize / 2));
    left.remove_prefix(kDefaultFrameSize / 2);
  }
  if ((form & kSplitForm) != 0) {
    frames += DataFrame(stream, left.substr(0, left.size() / 2));
    left.remove_prefix(left.size() / 2);
  }
  if ((form & kPaddedForm) == 0) return frames + DataFrame(stream, left, flags);
  const std::string padded = std::string(1, '\x03').append(left).append(3, '\0');
  return frames + DataFrame(stream, padded, static_cast<uint8_t>(flags | NGHTTP2_FLAG_PADDED));
}

std::string Trailers(FuzzInput& input, uint32_t stream, Side side) {
  const std::string code = std::to_string(input.Below(18));
  const std::string block = side == Side::kCaller
                                ? Field("x-end", code)
                                : Field("grpc-status", code) + Field("grpc-message", "%41b");
  return HeaderFrames(stream, block, NGHTTP2_FLAG_END_STREAM);
}

std::string Whole(FuzzInput& input, uint32_t stream, Side side) {
  const uint8_t choice = input.Byte();
  return side == Side::kCaller ? RequestFrames(stream, PathAt(choice), "request")
                               : AnswerFrames(stream, std::string(choice, 'a'));
}

std::string AnyFrame(FuzzInput& input, uint32_t stream) {
  const uint8_t type = input.Byte();
  const uint8_t flags = input.Byte();
  return FrameBytes(type, flags, stream, input.Text());
}

std::string Part(FuzzInput& input, uint32_t stream) {
  const uint8_t flags = input.Byte() & (NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_PADDED);
  return DataFrame(stream, input.Text(), flags);
}

std::string AnyBlock(FuzzInput& input, uint32_t stream) {
  const uint8_t flags = input.Byte();
  return FrameBytes(NGHTTP2_HEADERS, flags, stream, input.Text());
}

}  // namespace

std::string_view PathAt(size_t index) { return kFuzzMethods[index % kFuzzMethodCount].path; }

std::string Greeting(Side side, size_t index) {
  return (side == Side::kCaller ? std::string(kPreface) : std::string()) + SettingsFrame(GreetingAt(index));
}

std::string ReadFrames(FuzzInput& input, Side side) {
  const auto shape = static_cast<Shape>(input.Below(kShapes));
  const size_t index = input.Below(kStreams);
  const auto stream = static_cast<uint32_t>(1 + 2 * index);
  switch (shape) {
    case Shape::kGreeting:
      return index % 2 == 0 ? Greeting(side, input.Byte()) : SettingsFrame(GreetingAt(input.Byte()));
    case Shape::kHeaders:
      return Headers(input, stream, side);
    case Shape::kMessage:
      return Message(input, stream);
    case Shape::kTrailers:
      return Trailers(input, stream, side);
    case Shape::kWhole:
      return Whole(input, stream, side);
    case Shape::kReset:
      return RstStreamFrame(stream, static_cast<uint32_t>(input.Below(15)));
    case Shape::kWindow:
      return WindowUpdateFrame(index == kStreams - 1 ? 0 : stream,
                               kIncrements[input.Below(std::size(kIncrements))]);
    case Shape::kPing:
      return FrameBytes(NGHTTP2_PING, input.Byte() & NGHTTP2_FLAG_ACK, 0, kPings[index % std::size(kPings)]);
    case Shape::kGoAway:
      return GoAwayFrame(stream - 1, static_cast<uint32_t>(input.Below(15)));
    case Shape::kAcknowledge:
      return SettingsAck();
    case Shape::kAnyFrame:
      return AnyFrame(input, stream);
    case Shape::kPart:
      return Part(input, stream);
    case Shape::kManyData:
      return Repeated(DataFrame(stream, std::string(kDefaultFrameSize, 'd')), input.Below(64));
    case Shape::kAnyBlock:
      return AnyBlock(input, stream);
  }
  return "";
}

}  // namespace sidecar_shim::testing
