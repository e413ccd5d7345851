#include "shim/relay/runtime_pool.h"

#include <algorithm>
#include <cstddef>

#include "shim/relay/limits.h"

namespace sidecar_shim {

RuntimePool::RuntimePool(Loop& loop, BlockPool& blocks, Upstream& upstream)
    : loop_(loop), blocks_(blocks), upstream_(upstream), sweep_(loop, [this] { Sweep(); }) {
  upstream_.OnAbandon([this] {
    for (Entry& entry : entries_) entry.connection->Retire();
  });
}

RuntimePool::~RuntimePool() { upstream_.OnAbandon(nullptr); }

RuntimeConnection& RuntimePool::Add(const void* caller) {
  entries_.push_front({std::make_unique<RuntimeConnection>(loop_, blocks_, upstream_,
                                                           [this](RuntimeConnection&) { sweep_.Schedule(); }),
                       caller});
  return *entries_.front().connection;
}

RuntimeConnection& RuntimePool::Alone() {
  size_t count = 0;
  auto least = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->caller != nullptr || !it->connection->usable()) continue;
    ++count;
    if (least == entries_.end() || it->connection->uses() < least->connection->uses()) least = it;
  }
  const bool unused = least != entries_.end() && least->connection->uses() == 0;
  if (!unused && count < kMostAlone) return Add(nullptr);
  entries_.splice(entries_.begin(), entries_, least);
  return *least->connection;
}

RuntimeConnection& RuntimePool::Shared(const void* caller) {
  for (Entry& entry : entries_) {
    if (entry.caller == caller && entry.connection->usable()) return *entry.connection;
  }
  return Add(caller);
}

void RuntimePool::Forget(const void* caller) {
  for (Entry& entry : entries_) {
    if (entry.caller == caller) entry.connection->Retire();
  }
}

void RuntimePool::Sweep() {
  size_t idle = 0;
  for (Entry& entry : entries_) {
    const bool spare = entry.caller == nullptr && entry.connection->usable() && entry.connection->uses() == 0;
    if (spare && ++idle > kIdleAlone) entry.connection->Retire();
  }
  entries_.remove_if(
      [](const Entry& entry) { return entry.connection->closed() && entry.connection->uses() == 0; });
}

}  // namespace sidecar_shim
