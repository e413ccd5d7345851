#include "tests/bench/relay_load.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

// By nearest rank: of 100 values p99 is the second largest.
double Quantile(std::vector<double> values, double which) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(which * values.size()));
  const auto at = values.begin() + (std::max<size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Of few values, of which the middle two may differ much.
double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

struct Turn {
  std::vector<double> latencies;  // microseconds
  double seconds = 0;
  double cpu = 0;  // microseconds
};

Turn Run(const Way& way, const Load& load, int concurrency, milliseconds duration) {
  Turn turn;
  Client& client = *way.client;
  const double cpu = way.relay != nullptr ? way.relay->CpuMicroseconds() : 0;
  const Clock::time_point began = Clock::now();
  for (int i = 0; i < concurrency; ++i) client.Send(load.method, load.request);
  for (int in_flight = concurrency; in_flight > 0; --in_flight) {
    const std::unique_ptr<Client::Call> call = client.Wait();
    const Clock::time_point now = Clock::now();
    turn.latencies.push_back(std::chrono::duration<double, std::micro>(now - call->began).count());
    if (now - began >= duration) continue;
    client.Send(load.method, load.request);
    ++in_flight;
  }
  turn.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (way.relay != nullptr) turn.cpu = way.relay->CpuMicroseconds() - cpu;
  return turn;
}

// The turns of one way, with those of the direct way in the same rounds.
Figures Summarize(const std::string& name, const std::vector<Turn>& turns, const std::vector<Turn>& direct) {
  std::vector<double> latencies, added_p50, added_p99;
  double seconds = 0, cpu = 0;
  for (size_t round = 0; round < turns.size(); ++round) {
    const std::vector<double>& took = turns[round].latencies;
    added_p50.push_back(Quantile(took, 0.5) - Quantile(direct[round].latencies, 0.5));
    added_p99.push_back(Quantile(took, 0.99) - Quantile(direct[round].latencies, 0.99));
    latencies.insert(latencies.end(), took.begin(), took.end());
    seconds += turns[round].seconds;
    cpu += turns[round].cpu;
  }
  return {.way = name,
          .p50 = Quantile(latencies, 0.5),
          .added_p50 = Median(added_p50),
          .added_p99 = Median(added_p99),
          .cpu = cpu / latencies.size(),
          .rate = latencies.size() / seconds};
}

}  // namespace

std::vector<Load> AllLoads() {
  cri::ContainerStatusRequest status;
  status.set_container_id(kRunningContainer);
  // One that the shim does not look at, and one that it does.
  std::vector<Load> loads = {{"Version", "Version", ToBuffer(cri::VersionRequest()), {1, 16, 64}},
                             {"Status", "ContainerStatus", ToBuffer(status), {1, 16, 64}}};
  const std::vector<int> concurrencies[] = {{1, 16, 64}, {1, 16, 64}, {1, 16}};
  const char* names[] = {"64 KiB", "1 MiB", "8 MiB"};
  for (size_t i = 0; i < std::size(kListSizes); ++i)
    loads.push_back({names[i], "ListContainers", ListRequest(kListSizes[i]), concurrencies[i]});
  return loads;
}

std::vector<Figures> Measure(const std::vector<Way>& ways, const Load& load, int concurrency, Rounds rounds) {
  for (const Way& way : ways) Run(way, load, concurrency, milliseconds(20));  // connections and caches
  std::vector<std::vector<Turn>> turns(ways.size());
  for (int round = 0; round < rounds.count; ++round) {
    // Each is the first of a round in turn.
    for (size_t i = 0; i < ways.size(); ++i) {
      const size_t which = (round + i) % ways.size();
      turns[which].push_back(Run(ways[which], load, concurrency, rounds.duration));
    }
  }
  std::vector<Figures> figures;
  for (size_t i = 0; i < ways.size(); ++i) figures.push_back(Summarize(ways[i].name, turns[i], turns[0]));
  return figures;
}

}  // namespace sidecar_shim::bench
