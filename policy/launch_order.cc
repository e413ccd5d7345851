#include "policy/launch_order.h"

#include <algorithm>

#include "policy/queries.h"

namespace sidecar_shim::policy {
namespace {

Priority Effective(const PodState& pod, const std::string& name, size_t index) {
  if (pod.settings.ordered) return Priority{Priority::Kind::kValue, -static_cast<int64_t>(index), {}};
  Priority priority = TraitsOf(pod, name).priority;
  if (pod.spec->names_only && !pod.arrived.contains(name)) priority.kind = Priority::Kind::kUnresolved;
  if (priority.kind == Priority::Kind::kUnset) priority.kind = Priority::Kind::kValue;
  return priority;
}

bool HasBarrier(const PodState& pod) {
  auto arrived_with_barrier = [](const auto& entry) { return entry.second.barrier; };
  auto declared_with_barrier = [](const ContainerSpec& container) { return container.traits.barrier; };
  return std::any_of(pod.arrived.begin(), pod.arrived.end(), arrived_with_barrier) ||
         (pod.spec &&
          std::any_of(pod.spec->containers.begin(), pod.spec->containers.end(), declared_with_barrier));
}

bool IsNumber(const Priority& priority) { return priority.kind == Priority::Kind::kValue; }

}  // namespace

LaunchOrder LaunchOrder::Of(const PodState& pod) {
  LaunchOrder order;
  if (!pod.settings.enabled || !pod.spec || pod.spec->containers.size() < 2 || HasBarrier(pod)) return order;
  // Reading the envs from creates holds containers back, so only in pods that use the shim.
  if (pod.spec->names_only && !ShowsIntent(pod)) return order;
  for (size_t i = 0; i < pod.spec->containers.size(); ++i) {
    const std::string& name = pod.spec->containers[i].name;
    order.ranked_.push_back(Ranked{name, Effective(pod, name, i)});
  }
  const Priority& first = order.ranked_.front().priority;
  order.on_ = std::any_of(order.ranked_.begin(), order.ranked_.end(), [&first](const Ranked& ranked) {
    return !IsNumber(ranked.priority) || ranked.priority.value != first.value;
  });
  return order;
}

const Ranked* LaunchOrder::Find(const std::string& name) const {
  auto it = std::find_if(ranked_.begin(), ranked_.end(), [&name](const Ranked& r) { return r.name == name; });
  return it == ranked_.end() ? nullptr : &*it;
}

std::vector<Ranked> LaunchOrder::BlockersOf(const std::string& name) const {
  std::vector<Ranked> blockers;
  const Ranked* self = Find(name);
  if (!on_ || self == nullptr) return blockers;
  for (const Ranked& other : ranked_) {
    if (other.name == name) continue;
    if (!IsNumber(other.priority) ||
        (IsNumber(self->priority) && other.priority.value > self->priority.value)) {
      blockers.push_back(other);
    }
  }
  std::stable_sort(blockers.begin(), blockers.end(), [](const Ranked& a, const Ranked& b) {
    return IsNumber(a.priority) && IsNumber(b.priority) ? a.priority.value > b.priority.value
                                                        : IsNumber(a.priority) < IsNumber(b.priority);
  });
  return blockers;
}

int64_t EffectivePriority(const PodState& pod, const std::string& name) {
  if (pod.settings.ordered && pod.spec) {
    for (size_t i = 0; i < pod.spec->containers.size(); ++i) {
      if (pod.spec->containers[i].name == name) return -static_cast<int64_t>(i);
    }
  }
  return TraitsOf(pod, name).priority.value;
}

}  // namespace sidecar_shim::policy
