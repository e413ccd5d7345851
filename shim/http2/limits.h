// What a peer may make a connection keep, and how long it may take.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_LIMITS_H_
#define SIDECAR_SHIM_SHIM_HTTP2_LIMITS_H_

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "shim/base/clock.h"

namespace sidecar_shim::http2 {

// Received and not passed on yet: of one stream at first (HTTP/2's own), of one whose receiver reads, and of a
// connection. A small message never waits for a window, and a large one has the next half of a window under way
// while the first is passed on; streams that nobody reads hold little, and do not use up the connection's window.
inline constexpr int32_t kFirstWindow = NGHTTP2_INITIAL_WINDOW_SIZE;
inline constexpr int32_t kStreamWindow = 256 * 1024;
inline constexpr int32_t kConnectionWindow = 32 * 1024 * 1024;

// Written by streams and not taken by the socket: beyond this DATA waits in its stream.
inline constexpr size_t kUnsentLimit = 512 * 1024;

// Streams of one client at once. Further ones wait with the client.
inline constexpr uint32_t kMaxConcurrentStreams = 1024;

// One header block, decoded, with 32 bytes a field as in RFC 9113, 6.5.2. nghttp2 itself takes no field of
// more than 64 KiB, and the block's frames must fit in what its limit of CONTINUATION frames lets through.
inline constexpr size_t kMaxHeaderBlock = 1024 * 1024;
inline constexpr size_t kMaxSentHeaderBlock = 16 * 1024 * 1024;

// RST_STREAM by the client: so many at once, then so many a second. A client that cancels everything it has
// open stays below it.
inline constexpr uint64_t kResetBurst = 10'000;
inline constexpr uint64_t kResetRate = 500;

// Streams that a peer may make this side reset by breaking the protocol, before that ends the connection.
inline constexpr int kMostFaults = 100;

// New streams in one turn of the loop, after which other connections come first.
inline constexpr int kNewStreamsOfATurn = 64;

// From connecting to the peer's SETTINGS. A server on a socket of this node that takes longer does not speak
// HTTP/2; a client may be a person's.
inline constexpr Duration kServerGreeting = std::chrono::seconds(1);
inline constexpr Duration kClientGreeting = std::chrono::seconds(10);

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_LIMITS_H_
