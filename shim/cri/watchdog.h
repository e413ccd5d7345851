// Detects that the runtime hangs as a whole: it was frozen, for example, and its
// connection stays open, so that no call fails.
//
// While calls are in flight and the runtime has sent nothing at all for
// `silence`, the watchdog queries the runtime's Version. A runtime that is only
// slow with some call (a pull, a stop with a long grace) answers that from
// memory. Two queries in a row that time out mean that it hangs: two, since the
// machine itself may have been suspended during one. Then the upstream abandons
// the connection. What follows needs no watchdog: a connection attempt that is
// not accepted fails within a second with the socket's name, and succeeds as
// soon as the runtime runs again.
//
//   busy -> silence -> query -> (answer: wait for silence) -> query -> abandon
//
// Sends no query while no call is in flight. Loop thread only.
#ifndef SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_
#define SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_

#include <memory>

#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/cri/upstream.h"

namespace sidecar_shim {

class Watchdog {
 public:
  // `query_timeout` is for one query.
  Watchdog(Loop& loop, Upstream& upstream, Duration silence, Duration query_timeout);
  ~Watchdog() { Stop(); }

  // Sends no query any more; used before the loop shuts down.
  void Stop();

 private:
  struct VersionQuery;

  Time SilentSince() const;
  void Watch();
  void CheckSilence();
  void Query(int unanswered);
  void CancelQuery();
  // The query has ended before its timeout, by an answer or an error.
  void OnQueryEnd();
  void OnQueryTimeout();

  Loop& loop_;
  Upstream& upstream_;
  const Duration silence_;
  const Duration query_timeout_;
  Time busy_since_{};
  Loop::Timer timer_;                    // the end of the silence, or of the query
  std::shared_ptr<VersionQuery> query_;  // in flight
  Lifetime query_lifetime_;              // of the query in flight
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_CRI_WATCHDOG_H_
