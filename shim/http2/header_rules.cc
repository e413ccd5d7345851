#include "shim/http2/header_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace sidecar_shim::http2 {
namespace {

constexpr std::string_view kRequestFields[] = {":method", ":scheme", ":path", ":authority"};
constexpr size_t kRequiredRequestFields = 3;
constexpr std::string_view kResponseFields[] = {":status"};
// They speak of one connection of HTTP/1.1.
constexpr std::string_view kConnectionFields[] = {"connection", "keep-alive", "proxy-connection",
                                                  "transfer-encoding", "upgrade"};

using ByteSet = std::array<bool, 256>;

constexpr ByteSet MakeNameBytes() {
  ByteSet set{};
  for (size_t byte = 0x21; byte < 0x7f; ++byte) set[byte] = (byte < 'A' || byte > 'Z') && byte != ':';
  return set;
}
constexpr ByteSet MakeValueBytes() {
  ByteSet set{};
  for (size_t byte = 0; byte < set.size(); ++byte) set[byte] = byte != '\0' && byte != '\r' && byte != '\n';
  return set;
}
constexpr ByteSet kNameBytes = MakeNameBytes();
constexpr ByteSet kValueBytes = MakeValueBytes();

bool AllIn(std::string_view text, const ByteSet& set) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

template <size_t kSize>
size_t IndexIn(const std::string_view (&names)[kSize], std::string_view name) {
  return static_cast<size_t>(std::find(std::begin(names), std::end(names), name) - std::begin(names));
}

bool IsRegularField(std::string_view name, std::string_view value) {
  if (name.empty() || !AllIn(name, kNameBytes)) return false;
  if (name == "te") return value == "trailers";
  return IndexIn(kConnectionFields, name) == std::size(kConnectionFields);
}

// The pseudo-header fields, which come first: each of `known` at most once, no other. Their number, or -1.
template <size_t kSize>
ptrdiff_t CountPseudoFields(const HeaderBlock& block, const std::string_view (&known)[kSize],
                            size_t required) {
  std::array<bool, kSize> seen{};
  size_t count = 0;
  for (; count < block.size() && block.name(count).starts_with(':'); ++count) {
    const size_t index = IndexIn(known, block.name(count));
    if (index == kSize || seen[index] || block.value(count).empty()) return -1;
    seen[index] = true;
  }
  const bool complete = std::all_of(seen.begin(), seen.begin() + required, [](bool there) { return there; });
  return complete ? static_cast<ptrdiff_t>(count) : -1;
}

bool IsStatus(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

ptrdiff_t CountPseudoFields(const HeaderBlock& block, BlockKind kind) {
  switch (kind) {
    case BlockKind::kRequest:
      return CountPseudoFields(block, kRequestFields, kRequiredRequestFields);
    case BlockKind::kResponse:
      return IsStatus(block.Find(":status")) ? CountPseudoFields(block, kResponseFields, 1) : -1;
    case BlockKind::kTrailers:
      break;
  }
  return 0;
}

}  // namespace

bool IsWellFormed(const HeaderBlock& block, BlockKind kind) {
  const ptrdiff_t pseudo_fields = CountPseudoFields(block, kind);
  if (pseudo_fields < 0) return false;
  for (auto i = static_cast<size_t>(pseudo_fields); i < block.size(); ++i) {
    if (!IsRegularField(block.name(i), block.value(i)) || !AllIn(block.value(i), kValueBytes)) return false;
  }
  return true;
}

}  // namespace sidecar_shim::http2
