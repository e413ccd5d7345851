// Bytes as a peer compresses them.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_COMPRESSED_H_
#define SIDECAR_SHIM_TESTS_FUZZ_COMPRESSED_H_

#include <zlib.h>

#include <string>
#include <string_view>

namespace sidecar_shim::testing {

inline std::string Compressed(std::string_view bytes, bool gzip) {
  constexpr int kGzipHeader = 16;
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + (gzip ? kGzipHeader : 0), 8,
               Z_DEFAULT_STRATEGY);
  std::string compressed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  deflate(&stream, Z_FINISH);
  compressed.resize(compressed.size() - stream.avail_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_COMPRESSED_H_
