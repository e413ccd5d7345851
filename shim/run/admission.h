// What happens to a manifest between `kubectl apply` and kubelet: the API
// server's defaults, the job controller's labels and names.
#ifndef SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_
#define SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "shim/kube/manifest.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

struct Identity {
  std::string pod_uid;  // used where the manifest has none
  std::string job_uid;  // the same
  std::string suffix;   // of a generated name, as in job-x7k2p
  absl::Time seen;      // becomes kubernetes.io/config.seen
};

// A fresh one; thread-safe.
Identity NewIdentity();

// The pod as kubelet would receive it: namespace, name, uid, restartPolicy,
// grace period, image pull policies, termination message fields set; of a Job
// also its labels and owner. Adds kubelet's kubernetes.io/config.* annotations.
core::Pod Admit(const Manifest& manifest, const Identity& identity);

// IfNotPresent, or Always where the image has no tag or "latest".
std::string DefaultPullPolicy(const std::string& image);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_ADMISSION_H_
