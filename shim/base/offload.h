// Moves work that may block (files, large JSON) off the loop and its result
// back onto it.
#ifndef SIDECAR_SHIM_SHIM_BASE_OFFLOAD_H_
#define SIDECAR_SHIM_SHIM_BASE_OFFLOAD_H_

#include <memory>
#include <utility>

#include "shim/base/lifetime.h"
#include "shim/base/loop.h"
#include "shim/base/worker.h"

namespace sidecar_shim {

// Runs `work()` on the worker, then `then(result)` on the loop, unless `owner`
// has ended by then. Several run in the order of the calls. `work` must not
// touch the owner, which may be destroyed meanwhile; the loop outlives the
// worker.
template <typename Work, typename Then>
void Offload(Worker& worker, Loop& loop, const Lifetime& owner, Work work, Then then) {
  worker.Run([&loop, owner = owner.handle(), work = std::move(work), then = std::move(then)]() mutable {
    // In a shared pointer, since posted work is copyable and a result need not be.
    auto result = std::make_shared<decltype(work())>(work());
    loop.Post([owner, then = std::move(then), result]() mutable {
      if (owner.alive()) then(std::move(*result));
    });
  });
}

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_OFFLOAD_H_
