#include "shim/relay/grpc_wire.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr size_t kLongestOwnText = 32 * 1024;
constexpr char kHex[] = "0123456789ABCDEF";
constexpr int kHighestCode = static_cast<int>(grpc::StatusCode::UNAUTHENTICATED);

// Eight digits at most.
constexpr int64_t kLargestTimeout = 99'999'999;

void AppendEncoded(unsigned char byte, std::string& text) {
  if (byte >= 0x20 && byte < 0x7f && byte != '%') {
    text += static_cast<char>(byte);
  } else {
    text += '%';
    text += kHex[byte >> 4];
    text += kHex[byte & 0xf];
  }
}

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

// Percent-encoded, and cut between two characters.
std::string Encode(std::string_view message) {
  std::string text;
  size_t end = 0;
  for (const char byte : message) {
    if (BeginsCharacter(byte)) end = text.size();
    AppendEncoded(static_cast<unsigned char>(byte), text);
    if (text.size() > kLongestOwnText) {
      text.resize(end);
      return text + "...";
    }
  }
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What is no valid escape stays as it is.
std::string Decode(std::string_view text) {
  std::string message;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) {
      message += text[i];
      continue;
    }
    message += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return message;
}

// Digits only.
std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

struct Unit {
  char letter;
  Duration length;
};
constexpr Unit kUnits[] = {{'n', std::chrono::nanoseconds(1)},  {'u', std::chrono::microseconds(1)},
                           {'m', std::chrono::milliseconds(1)}, {'S', std::chrono::seconds(1)},
                           {'M', std::chrono::minutes(1)},      {'H', std::chrono::hours(1)}};

}  // namespace

std::string WithPrefix(std::string_view message) {
  std::string framed(kMessagePrefix, '\0');
  const auto size = static_cast<uint32_t>(message.size());
  for (int i = 0; i < 4; ++i) framed[1 + i] = static_cast<char>(size >> (24 - 8 * i));
  return framed.append(message);
}

std::optional<size_t> MessageSize(std::string_view bytes) {
  if (bytes.size() < kMessagePrefix) return std::nullopt;
  size_t size = 0;
  for (int i = 1; i < 5; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return kMessagePrefix + size;
}

bool IsCompressed(std::string_view framed) { return framed[0] != '\0'; }

http2::HeaderBlock OwnHeaders() {
  http2::HeaderBlock block;
  block.Add(":status", "200");
  block.Add("content-type", "application/grpc");
  return block;
}

http2::HeaderBlock TrailersOf(const grpc::Status& status) {
  http2::HeaderBlock block;
  block.Add("grpc-status", absl::StrCat(static_cast<int>(status.error_code())));
  if (!status.error_message().empty()) block.Add("grpc-message", Encode(status.error_message()));
  return block;
}

http2::HeaderBlock TrailersOnly(const grpc::Status& status) {
  http2::HeaderBlock block = OwnHeaders();
  const http2::HeaderBlock trailers = TrailersOf(status);
  for (size_t i = 0; i < trailers.size(); ++i) block.Add(trailers.name(i), trailers.value(i));
  return block;
}

grpc::Status StatusOf(const http2::HeaderBlock& trailers) {
  const std::optional<int64_t> code = ParseNumber(trailers.Find("grpc-status"));
  if (!code || *code > kHighestCode) {
    return grpc::Status(grpc::StatusCode::UNKNOWN, "the response has no status");
  }
  return grpc::Status(static_cast<grpc::StatusCode>(*code), Decode(trailers.Find("grpc-message")));
}

std::optional<Duration> ParseTimeout(std::string_view text) {
  const std::optional<int64_t> number = ParseNumber(text.substr(0, text.empty() ? 0 : text.size() - 1));
  if (!number || *number > kLargestTimeout) return std::nullopt;
  const int64_t count = *number;
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    // 99,999,999 hours do not fit in nanoseconds.
    return count > Duration::max() / unit.length ? Duration::max() : count * unit.length;
  }
  return std::nullopt;
}

std::string FormatTimeout(Duration timeout) {
  timeout = std::max(timeout, Duration(1));
  for (const Unit& unit : kUnits) {
    if (timeout / unit.length <= kLargestTimeout) {
      return absl::StrCat(timeout / unit.length, std::string(1, unit.letter));
    }
  }
  return absl::StrCat(kLargestTimeout, "H");
}

}  // namespace sidecar_shim
