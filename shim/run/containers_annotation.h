// The pod's spec as an annotation, for where it cannot be offered as kubelet
// does: another `run` or a kubelet holds the socket.
#ifndef SIDECAR_SHIM_SHIM_RUN_CONTAINERS_ANNOTATION_H_
#define SIDECAR_SHIM_SHIM_RUN_CONTAINERS_ANNOTATION_H_

#include <string>

#include "shim/run/cri.h"

namespace sidecar_shim::run {

// The value of sidecar-shim.io/containers (shim/specs/annotation_source.h).
std::string PlanAnnotation(const core::Pod& pod);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_CONTAINERS_ANNOTATION_H_
