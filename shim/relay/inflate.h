// Decompression of messages whose peer compresses them. Stateless.
#ifndef SIDECAR_SHIM_SHIM_RELAY_INFLATE_H_
#define SIDECAR_SHIM_SHIM_RELAY_INFLATE_H_

#include <optional>
#include <string>
#include <string_view>

namespace sidecar_shim {

// `encoding` is grpc-encoding's: gzip or deflate. nullopt for any other, for
// malformed bytes, and for more than `limit` bytes.
std::optional<std::string> Inflate(std::string_view encoding, std::string_view bytes, size_t limit);

// Whether Inflate() knows all of them; `encodings` is grpc-accept-encoding's list.
bool CanInflateAll(std::string_view encodings);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_INFLATE_H_
