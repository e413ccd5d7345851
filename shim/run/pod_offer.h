// How the shim receives the spec of the pod that `run` runs: over kubelet's PodsAPI, or as an annotation.
#ifndef SIDECAR_SHIM_SHIM_RUN_POD_OFFER_H_
#define SIDECAR_SHIM_SHIM_RUN_POD_OFFER_H_

#include <memory>
#include <ostream>
#include <string>

#include "shim/run/pod_model.h"
#include "shim/run/pods_api_server.h"

namespace sidecar_shim::run {

// Serves the pod on `socket_path`. Where that is not possible, because a kubelet or another `run` listens
// there for instance, returns null, gives the pod the annotation sidecar-shim.io/containers, and warns.
std::unique_ptr<PodsApiServer> OfferPod(const std::string& socket_path, PodModel& model,
                                        std::ostream& warnings);

// The value of sidecar-shim.io/containers for the pod, which has at least one container.
std::string ContainersAnnotation(const core::Pod& pod);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_POD_OFFER_H_
