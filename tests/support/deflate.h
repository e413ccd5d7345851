// Compression as peers use it, by zlib.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_DEFLATE_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_DEFLATE_H_

#include <string>
#include <string_view>

namespace sidecar_shim::testing {

// gRPC's "gzip" and "deflate" (which is zlib's format).
std::string Gzip(std::string_view plain);
std::string ZlibDeflate(std::string_view plain);

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_DEFLATE_H_
