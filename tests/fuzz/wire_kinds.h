// What the first byte of an input of wire_fuzz says.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_WIRE_KINDS_H_
#define SIDECAR_SHIM_TESTS_FUZZ_WIRE_KINDS_H_

#include <cstddef>
#include <cstdint>

namespace sidecar_shim::testing {

enum class WireKind : uint8_t {
  kStatus,
  kForeignStatus,
  kTimeoutText,
  kTimeoutValue,
  kMessage,
  kInflate,
  kStatusScan,
  kBuiltStatus,
  kHeaderRules,
};
inline constexpr size_t kWireKinds = 9;

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_WIRE_KINDS_H_
