// A container of the runtime that the policy does not know yet, as the
// reconciler finds it.
#ifndef SIDECAR_SHIM_SHIM_OBSERVERS_FOUND_CONTAINER_H_
#define SIDECAR_SHIM_SHIM_OBSERVERS_FOUND_CONTAINER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "cri.pb.h"
#include "policy/events.h"
#include "policy/stamp.h"
#include "shim/base/clock.h"

namespace sidecar_shim {

struct FoundContainer {
  int64_t created_at = 0;  // as in CRI
  policy::ContainerSeen seen;
  std::optional<policy::Stamp> stamp;
};

// Takes over the stamp of an earlier shim. One that is not of this version is
// left alone and logged; the container then counts as one without a stamp.
void ReadStamp(const runtime::v1::Container& container, FoundContainer& found);

// Adds what the container's status reports: how it ended, and where it has no stamp
// its traits, for which the status must be verbose. `now` is the wall clock's.
void AddStatus(const runtime::v1::ContainerStatusResponse& response, WallTime now, FoundContainer& found);

// Puts them in the order in which the policy is to see them: by age, but those
// that a later attempt has replaced after all others.
void SortForPolicy(std::vector<FoundContainer>& found);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_OBSERVERS_FOUND_CONTAINER_H_
