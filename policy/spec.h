// What is known of a pod beyond CRI: its regular containers in spec order and
// how they restart. Comes from one of the spec sources; a pod without a spec
// has CRI's own words only.
#ifndef SIDECAR_SHIM_POLICY_SPEC_H_
#define SIDECAR_SHIM_POLICY_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/probe_spec.h"
#include "policy/traits.h"
#include "policy/types.h"

namespace sidecar_shim::policy {

// Exit codes after which a container runs again whatever its restart policy
// says (KEP-5307).
struct RestartRule {
  bool any_but = false;  // the codes are those that it does not hold for
  std::vector<int32_t> codes;

  bool HoldsFor(int32_t exit_code) const;

  bool operator==(const RestartRule&) const = default;
};

struct ContainerSpec {
  std::string name;
  Traits traits;
  // A postStart hook is run by kubelet only; where one exists or cannot be
  // ruled out, the container is not launched ahead.
  TriState post_start = TriState::kUnknown;
  // Of a postStart hook that is a command, for who sees it pass by; a stamp
  // does not keep it.
  std::vector<std::string> post_start_command;
  // From sources that see the spec: nobody is waited for whose readiness nobody
  // could tell.
  std::optional<ProbeSpec> startup_probe;
  std::optional<ProbeSpec> readiness_probe;
  // What goes before the pod's restartPolicy for this container (KEP-5307).
  std::optional<RestartPolicy> own_restart_policy;
  std::vector<RestartRule> restart_rules;

  bool Probed() const { return startup_probe || readiness_probe; }

  bool operator==(const ContainerSpec&) const = default;
};

// The source of a spec that was read out of a stamp.
inline constexpr absl::string_view kStampSource = "stamp";

struct PodSpec {
  std::string source;  // for messages: "pods-api", "static-pod", ...
  std::vector<ContainerSpec> containers;
  RestartPolicy restart_policy = RestartPolicy::kUnknown;
  // Only the containers' names are known; their envs are learnt as they
  // arrive, which all must have before the first of them may go. A native
  // sidecar may be among them.
  bool names_only = false;

  const ContainerSpec* Find(absl::string_view name) const;
  // What an earlier shim once knew, out of a container's stamp.
  bool IsStamp() const;
  // Does it tell what `other` does not: how the pod restarts, or more than
  // names; or else as much, and probes too?
  bool IsMoreDetailedThan(const PodSpec& other) const;
  // True if any container asks for order or termination.
  bool ShowsIntent() const;
  // Does kubelet run this container again after it has ended with that code?
  TriState RestartsAfter(const ContainerSpec& container, int32_t exit_code) const;

  bool operator==(const PodSpec&) const = default;
};

RestartPolicy ParseRestartPolicy(absl::string_view text);
absl::string_view RestartPolicyName(RestartPolicy policy);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_SPEC_H_
