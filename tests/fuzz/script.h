// The steps of relay_fuzz's scripts, as bytes: a step's number, then what it takes. kTurnless added to the
// number, the loop does not turn after the step.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_SCRIPT_H_
#define SIDECAR_SHIM_TESTS_FUZZ_SCRIPT_H_

#include <cstddef>
#include <cstdint>

namespace sidecar_shim::testing {

// The first byte of a script: what the peers send by themselves.
inline constexpr uint8_t kCallersGreet = 1;
inline constexpr uint8_t kRuntimesGreet = 2;

enum class Step : uint8_t {
  kCallerFrame,   // a caller, a Shape and what it takes
  kRuntimeFrame,  // a connection, a Shape and what it takes
  kCallerBytes,   // a caller, a length, bytes
  kRuntimeBytes,  // a connection, a length, bytes
  kAdvance,       // an index of kTimes
  kTurn,          //
  kHandler,       // a handler, a choice: what waits goes on
  kCallerReads,   // a caller: reads, or reads no longer
  kRuntimeReads,  // a connection: the same
  kCloseCaller,   // a caller, whether for writing only
  kCloseRuntime,  // a connection, the same
  kConnect,       // another caller
  kListen,        // the runtime's socket goes, or comes back
  kAbandon,       // the runtime hangs
  kShutdown,      // an index of kTimes
  kManyCalls,     // a caller, a path, a first stream, a number
};
inline constexpr size_t kSteps = 16;
inline constexpr uint8_t kTurnless = 0x10;

// A frame, or some, after its number and the index of a stream: 0 is stream 1.
enum class Shape : uint8_t {
  kGreeting,     // preface (caller) and SETTINGS: an index of kGreetings
  kHeaders,      // a caller's: a path; both: Extra bits, flags
  kMessage,      // a whole gRPC message: a length, MessageForm bits, flags
  kTrailers,     // a status
  kWhole,        // a whole call or a whole answer: a path or a length
  kReset,        // a code
  kWindow,       // an index of kIncrements; the connection's where the stream is the last of all
  kPing,         // which
  kGoAway,       // a code
  kAcknowledge,  // SETTINGS
  kAnyFrame,     // a type, flags, a length, bytes
  kPart,         // DATA that is no whole message: flags, a length, bytes
  kManyData,     // DATA of 16 KiB: a number
  kAnyBlock,     // HEADERS: flags, a length, bytes
};
inline constexpr size_t kShapes = 14;
inline constexpr size_t kStreams = 8;

// kHeaders
inline constexpr uint8_t kTimeout = 1;         // grpc-timeout; a response: :status 404
inline constexpr uint8_t kEncoding = 2;        // grpc-encoding: gzip
inline constexpr uint8_t kAccepts = 4;         // grpc-accept-encoding with one that the shim cannot read
inline constexpr uint8_t kIndexed = 8;         // a field for both sides' tables
inline constexpr uint8_t kLong = 16;           // a field of 20 KB
inline constexpr uint8_t kMalformed = 32;      // a field that no message may have
inline constexpr uint8_t kInformational = 64;  // a response: :status 103
inline constexpr uint8_t kTooLong = 128;       // a field of more than 64 KiB
// kMessage
inline constexpr uint8_t kCompressedForm = 1;
inline constexpr uint8_t kPaddedForm = 2;
inline constexpr uint8_t kSplitForm = 4;
inline constexpr uint8_t kLargeForm = 8;  // 256 times as long

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_SCRIPT_H_
