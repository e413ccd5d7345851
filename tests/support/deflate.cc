#include "tests/support/deflate.h"

#include <zlib.h>

namespace sidecar_shim::testing {
namespace {

std::string Deflate(std::string_view plain, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string Gzip(std::string_view plain) { return Deflate(plain, MAX_WBITS + 16); }

std::string ZlibDeflate(std::string_view plain) { return Deflate(plain, MAX_WBITS); }

}  // namespace sidecar_shim::testing
