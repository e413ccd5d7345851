// Compares what the policy knows with what the runtime has and posts the
// difference as events: everything at start, later what was missed. The runtime
// is the source of truth; what the shim must remember beyond it is stamped into
// container annotations (policy/stamp.h). Containers from before the shim's
// installation have no stamp; their envs are read from verbose status, where the
// runtime shows them. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_
#define SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_

#include <functional>
#include <memory>
#include <optional>

#include "shim/base/lifetime.h"
#include "shim/base/wait_list.h"
#include "shim/cri/runtime.h"
#include "shim/driver/policy_driver.h"
#include "shim/observers/found_container.h"
#include "shim/specs/spec_resolver.h"

namespace sidecar_shim {

class Reconciler {
 public:
  Reconciler(Loop& loop, PolicyDriver& driver, Runtime& runtime, SpecResolver& specs)
      : loop_(loop), driver_(driver), runtime_(runtime), specs_(specs), timer_(loop), waiting_(loop) {}

  // Reads the whole runtime; `done(ok)` runs when all of it has been posted.
  // False: the runtime did not answer; the reconciler retries in the background.
  void Start(std::function<void(bool ok)> done);

  // The runtime has answered a call, of the shim or relayed: it is read now, not at
  // the next retry.
  void OnRuntimeAnswers();

  // True once the runtime has been read as a whole.
  bool ready() const { return ready_; }
  // True while the runtime is likely to be read soon. The wait for a runtime that
  // answers but cannot be read is limited.
  bool IsPending() const;
  // Runs `then` once ready, after `timeout` at the latest; at once where that
  // is not IsPending().
  void WhenReady(Duration timeout, std::function<void()> then);

  // Reads the runtime again soon: events may have been missed.
  void RequestPass();

  // While false, exits are polled for, every second as long as one matters, and
  // read from the lists that the shim relays.
  void SetEventsFlow(bool flow);

  // A complete answer to ListContainers has been relayed. Only used where there are
  // no events for exits.
  bool WantsLists() const { return !events_flow_ && driver_.engine().HasRunningSidecars(); }
  void OnList(const runtime::v1::ListContainersResponse& containers);

  // The sandbox is gone: the policy forgets it, and the resolver its pod's spec.
  void OnSandboxGone(const policy::SandboxId& sandbox);

  // Releases all waiters and reads the runtime no more.
  void Stop();

 private:
  struct Pass;

  void ReleaseAll();

  void StartPass(std::function<void(bool ok)> done);
  void OnPassEnd(Pass& pass);
  void OnSandboxes(const std::shared_ptr<Pass>& pass, const runtime::v1::ListPodSandboxResponse& response);
  void OnContainers(const std::shared_ptr<Pass>& pass, const runtime::v1::ListContainersResponse& response);
  void PublishFound(std::vector<FoundContainer> found);
  void Adopt(const std::shared_ptr<Pass>& pass, const runtime::v1::Container& container);
  void Compare(const runtime::v1::Container& container);
  void FetchExit(const policy::ContainerId& id);
  void Schedule();

  Loop& loop_;
  PolicyDriver& driver_;
  Runtime& runtime_;
  SpecResolver& specs_;
  Loop::Timer timer_;
  bool ready_ = false;
  bool running_ = false;
  bool again_ = false;
  bool events_flow_ = false;
  bool stopped_ = false;
  std::optional<Time> answered_since_;
  WaitList<std::function<void()>> waiting_;
  Lifetime lifetime_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_
