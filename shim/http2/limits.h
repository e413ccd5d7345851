// What a peer may make a connection keep, and how long it may take.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_LIMITS_H_
#define SIDECAR_SHIM_SHIM_HTTP2_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "shim/base/clock.h"

namespace sidecar_shim::http2 {

// Received and not passed on yet: of a stream, and of a client's connection. A small message never waits for
// a window, and a large one has the next half of a window under way while the first is passed on.
inline constexpr int32_t kStreamWindow = 512 * 1024;
inline constexpr int32_t kClientWindow = 32 * 1024 * 1024;
// Of a server's connection: no limit of its own, see kMostWaiting.
inline constexpr int32_t kServerWindow = 1024 * 1024 * 1024;

// From here on a peer is congested, and its calls' other sides are not read: what its socket has not taken
// (then bytes wait with their sender, where they are in the processor's cache, and not here), or what waits
// for its windows.
inline constexpr size_t kCongestedUnsent = 128 * 1024;
inline constexpr size_t kMostWaiting = 16 * 1024 * 1024;

// Below this, copying costs less than holding the block that the bytes were read into, and than one more
// piece for the kernel.
inline constexpr size_t kCopiedBelow = 2048;

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
