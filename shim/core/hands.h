// What the policy's decisions are carried out with. The conductor decides
// when; implementations do it without blocking and report back by events.
#ifndef SIDECAR_SHIM_SHIM_CORE_HANDS_H_
#define SIDECAR_SHIM_SHIM_CORE_HANDS_H_

#include "policy/events.h"

namespace sidecar_shim {

// Creates and starts containers ahead of kubelet.
class LaunchHand {
 public:
  virtual ~LaunchHand() = default;
  virtual void Launch(const policy::Launch& action) = 0;
  virtual void ResumeLaunch(const policy::ResumeLaunch& action) = 0;
  virtual void Forget(const policy::Forget& action) = 0;
};

// Stops sidecars.
class StopHand {
 public:
  virtual ~StopHand() = default;
  virtual void Stop(const policy::StopSidecar& action) = 0;
};

// Finds out when a container is ready.
class ProbeHand {
 public:
  virtual ~ProbeHand() = default;
  virtual void Start(const policy::StartProbing& action) = 0;
  virtual void Stop(const policy::StopProbing& action) = 0;
};

// Learns what operators want to know.
class NoteHand {
 public:
  virtual ~NoteHand() = default;
  virtual void Take(const policy::Note& note) = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CORE_HANDS_H_
