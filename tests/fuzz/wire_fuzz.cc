// Fuzzes what reads single fields and messages. The first byte says what the others are.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cri.pb.h"
#include "shim/cri/bytes.h"
#include "shim/cri/status_scan.h"
#include "shim/http2/header_block.h"
#include "shim/http2/header_rules.h"
#include "shim/relay/grpc_wire.h"
#include "shim/relay/inflate.h"
#include "tests/fuzz/compressed.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/wire_kinds.h"

namespace sidecar_shim::testing {
namespace {

using http2::BlockKind;
using http2::HeaderBlock;

// What TrailersOf() leaves whole, whatever it has to escape.
constexpr size_t kNeverCut = 10'000;

HeaderBlock ReadBlock(FuzzInput& input) {
  // Names that mean something are otherwise hard to come by.
  constexpr std::string_view kNames[] = {
      "",        ":method",      ":scheme",     ":path",        ":authority",
      ":status", "te",           "grpc-status", "grpc-message", "upgrade",
      "x-a",     "grpc-timeout", "a\tb",        "connection",   "content-type"};
  constexpr std::string_view kValues[] = {"", "200", "0", "trailers", "POST", "/a.B/C", "%41%4", "\n"};
  HeaderBlock block;
  while (!input.empty() && block.size() < 16) {
    const size_t name = input.Below(32);
    const size_t value = input.Below(16);
    block.Add(name < std::size(kNames) ? kNames[name] : input.Text(),
              value < std::size(kValues) ? kValues[value] : input.Text(), name == value);
  }
  return block;
}

void CheckStatusRoundTrip(FuzzInput& input) {
  const auto code = static_cast<grpc::StatusCode>(input.Below(17));
  const grpc::Status status(code, std::string(input.Rest()));
  const HeaderBlock trailers = TrailersOf(status);
  Check(IsWellFormed(trailers, BlockKind::kTrailers), "own trailers are well-formed");
  Check(IsWellFormed(TrailersOnly(status), BlockKind::kResponse), "own responses are well-formed");
  const grpc::Status read = StatusOf(trailers);
  Check(read.error_code() == code, "the code survives");
  const bool whole = read.error_message() == status.error_message();
  Check(whole || status.error_message().size() > kNeverCut, "the text survives");
}

void CheckForeignStatus(FuzzInput& input) {
  const grpc::Status status = StatusOf(ReadBlock(input));
  const grpc::Status again = StatusOf(TrailersOf(status));
  Check(again.error_code() == status.error_code() && again.error_message() == status.error_message(),
        "a status that was read can be written");
}

void CheckTimeoutText(std::string_view text) {
  const std::optional<Duration> timeout = ParseTimeout(text);
  if (!timeout) return;
  Check(*timeout >= Duration{0} && text.size() >= 2, "a timeout is a number and a unit, and not negative");
  Check(ParseTimeout(FormatTimeout(*timeout)).has_value(), "a timeout that was read can be written");
}

void CheckTimeoutValue(Duration timeout) {
  const std::string text = FormatTimeout(timeout);
  Check(text.size() <= 9, "gRPC takes eight digits and a unit");
  const std::optional<Duration> read = ParseTimeout(text);
  const Duration least = std::max(timeout, Duration{1});
  Check(read.has_value() && *read <= least, "a timeout gets no longer");
  Check(least - *read <= least / 90'000, "a timeout gets hardly shorter");
}

void CheckMessage(std::string_view bytes) {
  const std::string framed = WithPrefix(bytes);
  Check(MessageSize(framed) == framed.size() && !IsCompressed(framed), "a message has the size that it says");
  const std::optional<size_t> size = MessageSize(bytes);
  Check(size.has_value() == (bytes.size() >= kMessagePrefix), "five bytes say the size");
  Check(!size || (*size >= kMessagePrefix && *size - kMessagePrefix <= UINT32_MAX), "the size has 32 bits");
}

void CheckInflate(FuzzInput& input) {
  constexpr size_t kLimit = 256 * 1024;
  const std::string_view encoding = input.Byte() % 2 == 0 ? "gzip" : "deflate";
  const std::string_view bytes = input.Rest();
  const std::optional<std::string> foreign = Inflate(encoding, bytes, kLimit);
  Check(!foreign || foreign->size() <= kLimit, "the limit holds");
  Check(Inflate(encoding, Compressed(bytes, encoding == "gzip"), kLimit) == bytes,
        "what was compressed comes back");
  if (!bytes.empty()) {
    Check(!Inflate(encoding, Compressed(bytes, true), bytes.size() - 1), "the limit holds to the byte");
  }
  Check(!Inflate("identity", bytes, kLimit), "no other encoding is known");
  CanInflateAll(bytes);
}

void CheckStatusScan(std::string_view bytes) {
  runtime::v1::ContainerStatusResponse response;
  const bool exited =
      FromBytes(bytes, response) && response.status().state() == runtime::v1::CONTAINER_EXITED;
  Check(!exited || MayHaveExited(bytes), "the scan finds what a parser finds");
}

// The same from fields that a fuzzer seldom puts together.
void CheckBuiltStatus(FuzzInput& input) {
  runtime::v1::ContainerStatusResponse response;
  runtime::v1::ContainerStatus& status = *response.mutable_status();
  const auto state = static_cast<runtime::v1::ContainerState>(input.Below(6));
  status.set_state(state);
  status.set_id(std::string(input.Text()));
  status.set_exit_code(static_cast<int32_t>(input.Number(4)));
  for (size_t left = input.Below(4); left > 0; --left) {
    (*response.mutable_info())[std::string(input.Text())] = std::string(input.Text());
  }
  const std::string bytes = ToBytes(response);
  Check(MayHaveExited(bytes) == (state == runtime::v1::CONTAINER_EXITED), "the scan of a message is exact");
  CheckStatusScan(bytes + std::string(input.Rest()));  // a message after a message merges into it
}

void CheckHeaderRules(FuzzInput& input) {
  const HeaderBlock block = ReadBlock(input);
  for (const BlockKind kind : {BlockKind::kRequest, BlockKind::kResponse, BlockKind::kTrailers}) {
    if (!IsWellFormed(block, kind)) continue;
    bool regular = false;
    for (size_t i = 0; i < block.size(); ++i) {
      const bool pseudo = block.name(i).starts_with(':');
      Check(!block.name(i).empty() && !(pseudo && regular), "pseudo-header fields come first");
      Check(!pseudo || kind != BlockKind::kTrailers, "trailers have no pseudo-header fields");
      regular = regular || !pseudo;
      Check(std::none_of(block.name(i).begin(), block.name(i).end(),
                         [](char c) { return (c >= 'A' && c <= 'Z') || c == ' ' || c == '\n' || c == '\0'; }),
            "names are in lower case");
      Check(pseudo || block.value(i).find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos,
            "no value ends a line");
    }
    for (const std::string_view bad : {":path", "connection", "Te", "a:b", ""}) {
      HeaderBlock worse = block;
      worse.Add("x", "y");
      worse.Add(bad, "/");
      Check(!IsWellFormed(worse, kind), "one malformed field makes a block malformed");
    }
  }
  // A field that nghttp2 takes, which is stricter with names, is not refused.
  const std::string_view name = input.Text();
  const std::string_view value = input.Text();
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); };
  constexpr std::string_view kRefused[] = {"te",      "connection",       "keep-alive", "proxy-connection",
                                           "upgrade", "transfer-encoding"};
  if (nghttp2_check_header_name(bytes(name), name.size()) == 0 || name.starts_with(':') ||
      nghttp2_check_header_value(bytes(value), value.size()) == 0 ||
      std::find(std::begin(kRefused), std::end(kRefused), name) != std::end(kRefused)) {
    return;
  }
  HeaderBlock trailers;
  trailers.Add(name, value);
  Check(IsWellFormed(trailers, BlockKind::kTrailers), "a good field is well-formed");
}

void Run(FuzzInput& input) {
  switch (static_cast<WireKind>(input.Below(kWireKinds))) {
    case WireKind::kStatus:
      return CheckStatusRoundTrip(input);
    case WireKind::kForeignStatus:
      return CheckForeignStatus(input);
    case WireKind::kTimeoutText:
      return CheckTimeoutText(input.Rest());
    case WireKind::kTimeoutValue:
      return CheckTimeoutValue(Duration(static_cast<int64_t>(input.Number(8))));
    case WireKind::kMessage:
      return CheckMessage(input.Rest());
    case WireKind::kInflate:
      return CheckInflate(input);
    case WireKind::kStatusScan:
      return CheckStatusScan(input.Rest());
    case WireKind::kBuiltStatus:
      return CheckBuiltStatus(input);
    case WireKind::kHeaderRules:
      return CheckHeaderRules(input);
  }
}

}  // namespace
}  // namespace sidecar_shim::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sidecar_shim::testing::FuzzInput input(data, size);
  sidecar_shim::testing::Run(input);
  return 0;
}
