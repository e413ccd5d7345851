// The vocabulary of every decision: times, identities, restart policies. Plain
// values; nothing here reads a clock or does I/O.
#ifndef SIDECAR_SHIM_POLICY_TYPES_H_
#define SIDECAR_SHIM_POLICY_TYPES_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace sidecar_shim::policy {

using Duration = std::chrono::nanoseconds;

// Monotonic time since an origin of the caller's choice. What the policy waits
// by. A type of its own, so that it is never compared with the runtime's time.
struct EngineClock {};
using Time = std::chrono::time_point<EngineClock, Duration>;

// The runtime's own timestamps (CRI ContainerStatus.started_at, finished_at):
// since the Unix epoch, by the runtime's wall clock. Only compared with each
// other.
struct RuntimeClock {};
using RuntimeTime = std::chrono::time_point<RuntimeClock, Duration>;
// What CRI writes for "has not happened".
inline constexpr RuntimeTime kNoTime{};

// An identifier that cannot be passed where one of another kind is expected. A
// literal converts implicitly, any other text only explicitly.
template <typename Kind>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}
  template <size_t kSize>
  Id(const char (&literal)[kSize]) : value_(literal) {}  // NOLINT(google-explicit-constructor)

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  auto operator<=>(const Id&) const = default;

 private:
  std::string value_;
};

using SandboxId = Id<struct SandboxKind>;
using ContainerId = Id<struct ContainerKind>;

// One call of kubelet or crictl that waits for an answer. Chosen by the caller
// of the policy, never reused; 0 is none.
struct CallId {
  constexpr CallId(uint64_t number = 0) : value(number) {}  // NOLINT(google-explicit-constructor)
  uint64_t value;

  auto operator<=>(const CallId&) const = default;
};

using Annotations = std::map<std::string, std::string>;

// A pod as CRI names it. crictl users copy uids, so the uid alone is no key.
struct PodRef {
  std::string name_space;
  std::string name;
  std::string uid;

  auto operator<=>(const PodRef&) const = default;
};

enum class RestartPolicy { kUnknown, kAlways, kOnFailure, kNever };

enum class TriState { kUnknown, kNo, kYes };

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TYPES_H_
