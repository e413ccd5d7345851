// What makes a message malformed, which RFC 9113 (8.1.1, 8.2, 8.3) wants neither
// accepted nor passed on. Stateless.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_HEADER_RULES_H_
#define SIDECAR_SHIM_SHIM_HTTP2_HEADER_RULES_H_

#include "shim/http2/header_block.h"

namespace sidecar_shim::http2 {

enum class BlockKind { kRequest, kResponse, kTrailers };

bool IsWellFormed(const HeaderBlock& block, BlockKind kind);

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_HEADER_RULES_H_
