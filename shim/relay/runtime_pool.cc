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

RuntimeConnection& RuntimePool::Add(const void* caller) {
  connections_.push_front(
      std::make_shared<RuntimeConnection>(loop_, blocks_, upstream_, caller, [this] { sweep_.Schedule(); }));
  return *connections_.front();
}

RuntimeConnection& RuntimePool::Alone() {
  size_t count = 0;
  auto least = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    const RuntimeConnection& connection = **it;
    if (connection.caller() != nullptr || !connection.usable()) continue;
    ++count;
    if (connection.paused()) continue;
    if (least == connections_.end() || connection.uses() < (*least)->uses()) least = it;
    if ((*least)->uses() == 0) break;
  }
  if (least == connections_.end() || ((*least)->uses() > 0 && count < kMostAlone)) return Add(nullptr);
  connections_.splice(connections_.begin(), connections_, least);
  return *connections_.front();
}

RuntimeConnection& RuntimePool::Shared(const void* caller) {
  for (const auto& connection : connections_) {
    if (connection->caller() == caller && connection->usable()) return *connection;
  }
  return Add(caller);
}

void RuntimePool::Forget(const void* caller) {
  for (const auto& connection : connections_) {
    if (connection->caller() == caller) connection->Retire();
  }
}

void RuntimePool::Sweep() {
  size_t idle = 0;
  for (const auto& connection : connections_) {
    const bool spare = connection->caller() == nullptr && connection->usable() && connection->uses() == 0;
    if (spare && ++idle > kIdleAlone) connection->Retire();
  }
  connections_.remove_if(
      [](const auto& connection) { return connection->closed() && connection->uses() == 0; });
}

}  // namespace sidecar_shim
