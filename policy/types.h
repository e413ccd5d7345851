// Words that every decision is made of: times, identities, restart policies.
// Plain values; nothing here reads a clock or talks to anybody.
#ifndef SIDECAR_SHIM_POLICY_TYPES_H_
#define SIDECAR_SHIM_POLICY_TYPES_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace sidecar_shim::policy {

using Duration = std::chrono::nanoseconds;

// Monotonic time since an origin of the caller's choice. Used for waiting.
using Time = std::chrono::nanoseconds;

// The runtime's own timestamps: nanoseconds since the epoch, 0 = never
// (CRI ContainerStatus.started_at, finished_at). Only compared with each other.
using RuntimeTime = int64_t;

using SandboxId = std::string;
using ContainerId = std::string;

// One call of kubelet or crictl that waits for an answer. Chosen by the
// caller of the policy, never reused.
using CallId = uint64_t;

using Annotations = std::map<std::string, std::string>;

// A pod as CRI names it. crictl users copy uids, so the uid alone is no key.
struct PodRef {
  std::string name_space;
  std::string name;
  std::string uid;

  auto operator<=>(const PodRef&) const = default;
};

enum class RestartPolicy { kUnknown, kAlways, kOnFailure, kNever };

enum class Tri { kUnknown, kNo, kYes };

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_TYPES_H_
