#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {
namespace {

// An HPACK string (RFC 7541, section 5.2), not Huffman-coded.
std::string Literal(std::string_view text) {
  constexpr size_t kPrefix = 127;
  std::string bytes;
  if (text.size() < kPrefix) {
    bytes += static_cast<char>(text.size());
  } else {
    bytes += static_cast<char>(kPrefix);
    size_t rest = text.size() - kPrefix;
    for (; rest >= 128; rest /= 128) bytes += static_cast<char>(rest % 128 + 128);
    bytes += static_cast<char>(rest);
  }
  return bytes.append(text);
}

}  // namespace

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

uint32_t FromBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string FrameBytes(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  return BigEndian(payload.size(), 3)
      .append(BigEndian(type, 1))
      .append(BigEndian(flags, 1))
      .append(BigEndian(stream, 4))
      .append(payload);
}

std::string SettingsFrame(const SettingList& values) {
  std::string payload;
  for (const auto& [id, value] : values) payload.append(BigEndian(id, 2)).append(BigEndian(value, 4));
  return FrameBytes(NGHTTP2_SETTINGS, 0, 0, payload);
}

std::string SettingsAck() { return FrameBytes(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0); }

std::string PingFrame() { return FrameBytes(NGHTTP2_PING, 0, 0, "12345678"); }

std::string RstStreamFrame(uint32_t stream, uint32_t code) {
  return FrameBytes(NGHTTP2_RST_STREAM, 0, stream, BigEndian(code, 4));
}

std::string WindowUpdateFrame(uint32_t stream, uint32_t increment) {
  return FrameBytes(NGHTTP2_WINDOW_UPDATE, 0, stream, BigEndian(increment, 4));
}

std::string GoAwayFrame(uint32_t last_stream, uint32_t code) {
  return FrameBytes(NGHTTP2_GOAWAY, 0, 0, BigEndian(last_stream, 4) + BigEndian(code, 4));
}

std::string DataFrame(uint32_t stream, std::string_view payload, uint8_t flags) {
  return FrameBytes(NGHTTP2_DATA, flags, stream, payload);
}

std::string HeaderFrames(uint32_t stream, std::string_view block, uint8_t flags) {
  std::string frames;
  uint8_t type = NGHTTP2_HEADERS;
  do {
    const std::string_view part = block.substr(0, kDefaultFrameSize);
    block.remove_prefix(part.size());
    const uint8_t end = block.empty() ? NGHTTP2_FLAG_END_HEADERS : 0;
    frames += FrameBytes(type, static_cast<uint8_t>(flags | end), stream, part);
    type = NGHTTP2_CONTINUATION;
    flags = 0;
  } while (!block.empty());
  return frames;
}

std::string Field(std::string_view name, std::string_view value) {
  return std::string(1, '\x00') + Literal(name) + Literal(value);
}

std::string IndexedField(std::string_view name, std::string_view value) {
  return std::string(1, '\x40') + Literal(name) + Literal(value);
}

std::string Block(const Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) block += Field(name, value);
  return block;
}

std::string RequestBlock(std::string_view path, std::string_view extra) {
  const Fields fields = {{":method", "POST"},          {":scheme", "http"},
                         {":path", std::string(path)}, {":authority", "localhost"},
                         {"te", "trailers"},           {"content-type", "application/grpc"}};
  return Block(fields).append(extra);
}

std::string ResponseBlock() { return Block({{":status", "200"}, {"content-type", "application/grpc"}}); }

std::string GrpcMessage(std::string_view message) {
  return std::string(1, '\x00').append(BigEndian(message.size(), 4)).append(message);
}

std::string RequestFrames(uint32_t stream, std::string_view path, std::string_view message) {
  return HeaderFrames(stream, RequestBlock(path)) +
         DataFrame(stream, GrpcMessage(message), NGHTTP2_FLAG_END_STREAM);
}

std::string AnswerFrames(uint32_t stream, std::string_view message) {
  return HeaderFrames(stream, ResponseBlock()) + DataFrame(stream, GrpcMessage(message)) +
         HeaderFrames(stream, Field("grpc-status", "0"), NGHTTP2_FLAG_END_STREAM);
}

std::string Repeated(std::string_view bytes, size_t count) {
  std::string text;
  text.reserve(bytes.size() * count);
  for (size_t i = 0; i < count; ++i) text.append(bytes);
  return text;
}

}  // namespace sidecar_shim::testing
