#include "shim/relay/runtime_pool.h"

#include <algorithm>
#include <cstddef>

#include "shim/relay/limits.h"

namespace sidecar_shim {

RuntimePool::RuntimePool(Loop& loop, BlockPool& blocks, Upstream& upstream)
    : loop_(loop), blocks_(blocks), upstream_(upstream), sweep_(loop, [this] { Sweep(); }) {
  upstream_.OnAbandon([this] {
    for (const auto& connection : connections_) connection->Retire();
  });
}

RuntimePool::~RuntimePool() { upstream_.OnAbandon(nullptr); }

RuntimeConnection& RuntimePool::Add(bool alone, const void* caller) {
  connections_.push_front(
      std::make_shared<RuntimeConnection>(loop_, blocks_, upstream_, alone, [this] { sweep_.Schedule(); }));
  connections_.front()->set_caller(caller);
  return *connections_.front();
}

RuntimeConnection& RuntimePool::Alone(const void* caller) {
  size_t count = 0;
  auto best = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    const RuntimeConnection& connection = **it;
    if (!connection.alone() || !connection.usable()) continue;
    ++count;
    if (connection.uses() > 0 && connection.caller() != caller) continue;
    if (best == connections_.end() || connection.uses() < (*best)->uses()) best = it;
    if ((*best)->uses() == 0) break;
  }
  if (best == connections_.end() || ((*best)->uses() > 0 && count < kMostAlone)) return Add(true, caller);
  connections_.splice(connections_.begin(), connections_, best);
  // Its last user's caller may have been congested.
  if (connections_.front()->uses() == 0) connections_.front()->SetPaused(false);
  connections_.front()->set_caller(caller);
  return *connections_.front();
}

RuntimeConnection& RuntimePool::Shared(const void* caller) {
  for (const auto& connection : connections_) {
    if (!connection->alone() && connection->caller() == caller && connection->usable()) return *connection;
  }
  return Add(false, caller);
}

void RuntimePool::Forget(const void* caller) {
  for (const auto& connection : connections_) {
    if (!connection->alone() && connection->caller() == caller) connection->Retire();
  }
}

void RuntimePool::Sweep() {
  size_t idle = 0;
  for (const auto& connection : connections_) {
    const bool spare = connection->alone() && connection->usable() && connection->uses() == 0;
    if (spare && ++idle > kIdleAlone) connection->Retire();
  }
  connections_.remove_if(
      [](const auto& connection) { return connection->closed() && connection->uses() == 0; });
}

}  // namespace sidecar_shim
