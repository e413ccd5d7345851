// What is known of a pod beyond CRI: its regular containers in spec order and how
// they restart. Comes from one of the spec sources; of a pod without a spec only
// what CRI carries is known.
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

// Exit codes after which a container is restarted whatever its restart policy
// says (KEP-5307).
struct RestartRule {
  bool any_but = false;  // NotIn: it holds for all codes but these
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
  // The command of a postStart exec hook, so that its ExecSync is recognised. Not
  // kept in stamps.
  std::vector<std::string> post_start_command;
  // Only from sources that see the whole spec. Without them, readiness is not
  // waited for.
  std::optional<ProbeSpec> startup_probe;
  std::optional<ProbeSpec> readiness_probe;
  // Counts before the pod's restartPolicy for this container (KEP-5307).
  std::optional<RestartPolicy> own_restart_policy;
  std::vector<RestartRule> restart_rules;

  bool Probed() const { return startup_probe || readiness_probe; }

  bool operator==(const ContainerSpec&) const = default;
};

// The source of a spec that was read from a stamp.
inline constexpr absl::string_view kStampSource = "stamp";

struct PodSpec {
  std::string source;  // for messages: "pods-api", "static-pod", ...
  std::vector<ContainerSpec> containers;
  RestartPolicy restart_policy = RestartPolicy::kUnknown;
  // Only the containers' names are known; their envs are read from their
  // creates (unknown_spec_names.h). A native sidecar may be among them.
  bool names_only = false;

  const ContainerSpec* Find(absl::string_view name) const;
  // Was it read from a stamp of an earlier shim?
  bool IsStamp() const;
  // Does it have what `other` lacks: envs beside names, the restartPolicy, or
  // probes (in this order)?
  bool IsMoreDetailedThan(const PodSpec& other) const;
  // True if any container has a priority or is a flagged sidecar.
  bool ShowsIntent() const;
  // Does kubelet restart this container after it has exited with that code?
  TriState RestartsAfter(const ContainerSpec& container, int32_t exit_code) const;

  bool operator==(const PodSpec&) const = default;
};

RestartPolicy ParseRestartPolicy(absl::string_view text);
absl::string_view RestartPolicyName(RestartPolicy policy);

}  // namespace sidecar_shim::policy

#endif  // SIDECAR_SHIM_POLICY_SPEC_H_
