#include "shim/relay/inflate.h"

#include <zlib.h>

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim {

bool CanInflateAll(std::string_view encodings) {
  const absl::string_view list(encodings.data(), encodings.size());
  for (absl::string_view encoding : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    encoding = absl::StripAsciiWhitespace(encoding);
    if (encoding != "identity" && encoding != "gzip" && encoding != "deflate") return false;
  }
  return true;
}

std::optional<std::string> Inflate(std::string_view encoding, std::string_view bytes, size_t limit) {
  if (encoding != "gzip" && encoding != "deflate") return std::nullopt;
  constexpr int kDetectHeader = 32;  // zlib's or gzip's
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + kDetectHeader) != Z_OK) return std::nullopt;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string plain;
  std::array<char, 16 * 1024> part;
  int result = Z_OK;
  while (result == Z_OK && plain.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    result = inflate(&stream, Z_NO_FLUSH);
    plain.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || plain.size() > limit) return std::nullopt;
  return plain;
}

}  // namespace sidecar_shim
