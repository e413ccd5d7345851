// One attempt of a probe, as kubelet makes it.
#ifndef SIDECAR_SHIM_SHIM_ACTUATORS_PROBE_ATTEMPT_H_
#define SIDECAR_SHIM_SHIM_ACTUATORS_PROBE_ATTEMPT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "policy/probe_spec.h"
#include "shim/base/loop.h"
#include "shim/cri/runtime.h"
#include "shim/http/http_client.h"

namespace sidecar_shim {

struct ProbeTarget {
  policy::ContainerId container;  // for exec
  std::string pod_address;        // for the others, where the probe names no host
};

// Lasts until its `done` has run; destroying it before cancels it. Loop thread
// only.
class ProbeAttempt {
 public:
  // OK = passed. Runs at most once, after spec.timeout at the latest (for exec
  // the runtime enforces it), and never before BeginProbe() has returned.
  using Done = std::function<void(const absl::Status&)>;

  virtual ~ProbeAttempt() = default;
};

std::unique_ptr<ProbeAttempt> BeginProbe(Loop& loop, Runtime& runtime, HttpClient& http,
                                         const policy::ProbeSpec& spec, const ProbeTarget& target,
                                         ProbeAttempt::Done done);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_ACTUATORS_PROBE_ATTEMPT_H_
