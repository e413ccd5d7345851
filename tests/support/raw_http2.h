// HTTP/2 as bytes, for tests that send what no library would: any frame with any payload, and HPACK blocks
// written by hand. Constants are nghttp2's (NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, NGHTTP2_PROTOCOL_ERROR).
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_RAW_HTTP2_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_RAW_HTTP2_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar_shim::testing {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr size_t kFrameHeader = 9;
// What a peer accepts that has announced nothing else.
inline constexpr size_t kDefaultFrameSize = 16384;
inline constexpr uint32_t kMaxWindow = 0x7fffffff;

using Fields = std::vector<std::pair<std::string, std::string>>;
using SettingList = std::vector<std::pair<uint16_t, uint32_t>>;

// Big-endian, `bytes` long.
std::string BigEndian(uint64_t value, int bytes);
uint32_t FromBigEndian(std::string_view bytes);

// Any frame; nothing is checked.
std::string FrameBytes(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = {});
std::string SettingsFrame(const SettingList& values = {});
std::string SettingsAck();
std::string PingFrame();
std::string RstStreamFrame(uint32_t stream, uint32_t code);
std::string WindowUpdateFrame(uint32_t stream, uint32_t increment);
std::string GoAwayFrame(uint32_t last_stream, uint32_t code);
std::string DataFrame(uint32_t stream, std::string_view payload, uint8_t flags = 0);
// HEADERS, and CONTINUATION for what does not fit into a frame. `flags` beside END_HEADERS.
std::string HeaderFrames(uint32_t stream, std::string_view block, uint8_t flags = 0);

// A literal field without indexing and without Huffman's code; names as they are, valid or not.
std::string Field(std::string_view name, std::string_view value);
// The same, and both sides' tables keep it.
std::string IndexedField(std::string_view name, std::string_view value);
std::string Block(const Fields& fields);
// What a gRPC caller and a gRPC server send; `extra` is more of the block.
std::string RequestBlock(std::string_view path, std::string_view extra = {});
std::string ResponseBlock();

// With gRPC's prefix of five bytes.
std::string GrpcMessage(std::string_view message);
// A whole unary call.
std::string RequestFrames(uint32_t stream, std::string_view path, std::string_view message = {});
// A whole answer of status OK.
std::string AnswerFrames(uint32_t stream, std::string_view message = {});

// `bytes`, `count` times.
std::string Repeated(std::string_view bytes, size_t count);

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_RAW_HTTP2_H_
