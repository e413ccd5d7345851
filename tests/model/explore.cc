#include "tests/model/explore.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sidecar_shim::model {
namespace {

struct Origin {
  uint32_t parent = 0;
  Step step{Step::Kind::kLook};
};

std::string PathTo(uint32_t state, const std::vector<Origin>& origins) {
  std::vector<std::string> steps;
  for (; state != 0; state = origins[state].parent) steps.push_back(origins[state].step.Describe());
  std::string path;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) absl::StrAppend(&path, "\n    ", *it);
  return path;
}

// The first state that no finished state can be reached from; -1 if none.
int64_t FindStuck(size_t states, std::vector<std::pair<uint32_t, uint32_t>>& edges,
                  const std::vector<uint32_t>& finished) {
  // Edges by target: the finished states are followed backwards.
  std::sort(edges.begin(), edges.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<bool> can_finish(states, false);
  std::vector<uint32_t> frontier = finished;
  for (uint32_t state : finished) can_finish[state] = true;
  while (!frontier.empty()) {
    const uint32_t state = frontier.back();
    frontier.pop_back();
    auto it = std::lower_bound(edges.begin(), edges.end(), state,
                               [](const auto& edge, uint32_t target) { return edge.second < target; });
    for (; it != edges.end() && it->second == state; ++it) {
      if (can_finish[it->first]) continue;
      can_finish[it->first] = true;
      frontier.push_back(it->first);
    }
  }
  auto stuck = std::find(can_finish.begin(), can_finish.end(), false);
  return stuck == can_finish.end() ? -1 : stuck - can_finish.begin();
}

}  // namespace

Exploration Explore(const PodSetup& setup, size_t limit) {
  Exploration result;
  std::unordered_map<std::string, uint32_t> visited;
  std::vector<Origin> origins;
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  std::vector<uint32_t> finished;
  std::deque<std::pair<uint32_t, World>> frontier;

  frontier.emplace_back(0, World(setup));
  visited.emplace(frontier.front().second.Key(), 0);
  origins.push_back({});
  while (!frontier.empty() && result.failure.empty() && result.complete) {
    const auto [state, world] = std::move(frontier.front());
    frontier.pop_front();
    if (world.Done()) finished.push_back(state);
    for (const Step& step : world.Steps()) {
      World next = world;
      next.Take(step);
      ++result.steps;
      auto [it, is_new] = visited.try_emplace(next.Key(), static_cast<uint32_t>(origins.size()));
      edges.emplace_back(state, it->second);
      if (is_new) origins.push_back({state, step});
      if (!next.violation().empty()) {
        result.failure = absl::StrCat(next.violation(), PathTo(state, origins), "\n    ", step.Describe());
        break;
      }
      if (is_new) frontier.emplace_back(it->second, std::move(next));
    }
    if (origins.size() > limit) result.complete = false;
  }
  result.states = origins.size();
  if (result.failure.empty() && result.complete) {
    const int64_t stuck = FindStuck(origins.size(), edges, finished);
    if (stuck >= 0) result.failure = absl::StrCat("the pod can never finish", PathTo(stuck, origins));
  }
  return result;
}

Total ExploreAll(const std::vector<PodSetup>& setups) {
  Total total;
  std::mutex mutex;
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < setups.size(); i = next++) {
      const Exploration one = Explore(setups[i]);
      std::lock_guard<std::mutex> lock(mutex);
      ++total.setups;
      total.states += one.states;
      total.steps += one.steps;
      total.largest = std::max(total.largest, one.states);
      total.complete &= one.complete;
      if (!one.failure.empty()) total.failures.push_back(absl::StrCat(setups[i].Name(), ": ", one.failure));
    }
  };
  std::vector<std::thread> threads(std::max(1u, std::thread::hardware_concurrency()));
  for (std::thread& thread : threads) thread = std::thread(work);
  for (std::thread& thread : threads) thread.join();
  return total;
}

}  // namespace sidecar_shim::model
