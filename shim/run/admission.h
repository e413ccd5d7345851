// What the cluster adds to a manifest before kubelet sees the pod: the API server's defaults, the Job
// controller's labels and names.
#ifndef SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_
#define SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "shim/kube/manifest.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

struct Identity {
  std::string pod_uid;  // for a manifest without a UID
  std::string job_uid;  // for a Job without a UID
  std::string suffix;   // of a generated name, such as x7k2p in job-x7k2p
  absl::Time seen;      // for the annotation kubernetes.io/config.seen
};

// Random UIDs and suffix, the present time. Thread-safe.
Identity NewIdentity();

// The pod as kubelet receives it: with namespace, name, UID, restartPolicy, grace period, image pull policies
// and termination message fields; a Job's pod also with its labels and owner. Adds kubelet's
// kubernetes.io/config.* annotations.
core::Pod Admit(const Manifest& manifest, const Identity& identity);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_
