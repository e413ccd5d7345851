// Compares what the policy knows with what the runtime has and feeds the
// difference: everything at start, later what was missed. The runtime is the
// truth; whatever the shim must remember beyond it is stamped into container
// annotations (policy/stamp.h). Containers from before the shim's installation
// carry no stamp; their envs are read from verbose status, where the runtime
// shows them. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_
#define SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "shim/cri/runtime.h"
#include "shim/driver/policy_driver.h"
#include "shim/specs/spec_resolver.h"

namespace sidecar_shim {

class Reconciler {
 public:
  Reconciler(Loop& loop, PolicyDriver& driver, Runtime& runtime, SpecResolver& specs)
      : loop_(loop), driver_(driver), runtime_(runtime), specs_(specs), timer_(loop) {}

  // Reads the whole runtime; `done(ok)` runs when all of it has been fed. False:
  // the runtime did not answer; the reconciler goes on trying by itself.
  void Start(std::function<void(bool ok)> done);

  // The runtime answered somebody: it is read now, not at the next try.
  void OnRuntimeAnswers();

  // True once the runtime has been read as a whole.
  bool ready() const { return ready_; }
  // True while being ready soon can be hoped for. A runtime that answers but
  // cannot be read is not waited for for ever.
  bool IsPending() const;
  // Runs `then` once ready, after `patience` at the latest; at once where that
  // is not IsPending().
  void WhenReady(Duration patience, std::function<void()> then);

  // Looks again soon: events may have been missed.
  void RequestPass();

  // While false, exits are learnt by asking: every second as long as one
  // matters, and from lists that pass by.
  void SetEventsFlow(bool flow);

  // A complete answer to ListContainers passed by. Only looked at where exits
  // are not told otherwise.
  bool WantsLists() const { return !events_flow_ && driver_.engine().HasRunningSidecars(); }
  void OnList(const runtime::v1::ListContainersResponse& containers);

  // The sandbox is no more: everything that is known of it is freed.
  void OnSandboxGone(const policy::SandboxId& sandbox);

  // Nobody is kept waiting any more.
  void Stop();

 private:
  struct Found;
  struct Pass;
  struct Waiter {
    explicit Waiter(Loop& loop) : timer(loop) {}
    Loop::Timer timer;
    std::function<void()> then;
  };

  void ReleaseAll();

  void Run(std::function<void(bool ok)> done);
  void OnSandboxes(const std::shared_ptr<Pass>& pass, const runtime::v1::ListPodSandboxResponse& response);
  void OnContainers(const std::shared_ptr<Pass>& pass, const runtime::v1::ListContainersResponse& response);
  void PublishFound(std::vector<Found>& found);
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
  std::list<std::unique_ptr<Waiter>> waiting_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_OBSERVERS_RECONCILER_H_
