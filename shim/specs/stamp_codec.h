// How a policy::Stamp is written into the annotations of a container at its
// create, and read back after a restart of the shim. The runtime returns
// container annotations unchanged (CRI ContainerStatus.annotations), and kubelet
// reads only its own keys.
//
// One annotation, `internal.sidecar-shim.io/stamp`, holds JSON:
//
//   {"version": 1, "container": {"priority": 10, "sidecar": true},
//    "launchedAhead": true,
//    "pod": {"restartPolicy": "Never", "containers": [{"name": "main", ...}]}}
//
// A shim that writes something else for the same field, or gives a field another
// meaning, raises the version.
#ifndef SIDECAR_SHIM_SHIM_SPECS_STAMP_CODEC_H_
#define SIDECAR_SHIM_SHIM_SPECS_STAMP_CODEC_H_

#include <optional>

#include "absl/status/statusor.h"
#include "policy/stamp.h"
#include "policy/types.h"

namespace sidecar_shim {

inline constexpr const char* kStampPrefix = "internal.sidecar-shim.io/";
inline constexpr const char* kStampAnnotation = "internal.sidecar-shim.io/stamp";
inline constexpr int kStampVersion = 1;

// Probes are left out where they take more than 4 KiB: kubelet's PLEG lists all
// containers with their annotations every second.
policy::Annotations EncodeStamp(const policy::Stamp& stamp);

// nullopt where there is no stamp. kUnimplemented: one of another version, which
// must be left alone; kDataLoss: not a stamp, or one whose container part is
// damaged. The message says why. Any other damaged part counts as absent.
absl::StatusOr<std::optional<policy::Stamp>> DecodeStamp(const policy::Annotations& container_annotations);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SPECS_STAMP_CODEC_H_
