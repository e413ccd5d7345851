// gRPC over HTTP/2 as bytes and fields: messages, status, deadline. Stateless.
// Source: gRPC's PROTOCOL-HTTP2.md.
#ifndef SIDECAR_SHIM_SHIM_RELAY_GRPC_WIRE_H_
#define SIDECAR_SHIM_SHIM_RELAY_GRPC_WIRE_H_

#include <grpcpp/support/status.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shim/base/clock.h"
#include "shim/http2/header_block.h"

namespace sidecar_shim {

// A flag (1 = compressed) and a length, before every message.
inline constexpr size_t kMessagePrefix = 5;

// `message` with its prefix, not compressed.
std::string WithPrefix(std::string_view message);

// How long the message that `bytes` begin with is, with its prefix; nullopt while
// even the prefix is incomplete.
std::optional<size_t> MessageSize(std::string_view bytes);
bool IsCompressed(std::string_view framed);

// The headers of a response of the shim's own.
http2::HeaderBlock OwnHeaders();
// grpc-status and grpc-message. A text is cut where it would take more than 32 KiB
// on the wire: clients refuse a block of headers beyond some size.
http2::HeaderBlock TrailersOf(const grpc::Status& status);
// Both in one block, for an answer without a message.
http2::HeaderBlock TrailersOnly(const grpc::Status& status);

// The status that trailers carry; UNKNOWN where they carry none.
grpc::Status StatusOf(const http2::HeaderBlock& trailers);

// grpc-timeout; nullopt where it is malformed.
std::optional<Duration> ParseTimeout(std::string_view text);
std::string FormatTimeout(Duration timeout);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_GRPC_WIRE_H_
