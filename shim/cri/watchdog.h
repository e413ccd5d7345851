// Finds out that a runtime hangs as a whole: it was frozen, say, and its
// connection stays up, so that no call ever ends by itself.
//
// While calls are under way and nothing at all is heard for `silence`, asks for
// the runtime's Version. A runtime that is only slow with some call (a pull, a
// stop with a long grace) answers that from memory. Two questions in a row
// that nobody answers mean that it hangs: two, as the machine itself may have
// stood still during one. Then the upstream gives its connection up. What
// follows needs no watchdog: a connect that nobody takes fails within a second
// and names the socket, and goes well as soon as the runtime runs again.
//
// Asks nothing where no call is under way. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_
#define SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_

#include <memory>

#include "shim/base/loop.h"
#include "shim/cri/upstream.h"

namespace sidecar_shim {

class Watchdog {
 public:
  // `query_timeout` is for one query.
  Watchdog(Loop& loop, Upstream& upstream, Duration silence, Duration query_timeout);
  ~Watchdog() { Stop(); }

  // Asks nothing any more; used before the loop shuts down.
  void Stop();

 private:
  struct VersionQuery;

  void Watch();
  void Look();
  void Query(int unanswered);
  void OnAnswer(const VersionQuery& query);

  Loop& loop_;
  Upstream& upstream_;
  const Duration silence_;
  const Duration query_timeout_;
  Time busy_since_{};
  Loop::Timer timer_;
  std::shared_ptr<VersionQuery> query_;  // under way
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_
