#include "tests/bench/relay_load.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

struct Result {
  std::vector<double> latencies;  // microseconds
  double seconds = 0;
  double shim_cpu = 0;  // microseconds

  double Quantile(double q) {
    if (latencies.empty()) return 0;
    const size_t index = std::min(latencies.size() - 1, static_cast<size_t>(q * latencies.size()));
    std::nth_element(latencies.begin(), latencies.begin() + index, latencies.end());
    return latencies[index];
  }
  double Rate() const { return seconds > 0 ? latencies.size() / seconds : 0; }
};

struct Load {
  const char* name;
  const char* method;
  grpc::ByteBuffer request;
};

void Run(Client& client, const Load& load, int concurrency, milliseconds duration, const Child& shim,
         Result& result) {
  const double cpu = shim.CpuMicroseconds();
  const Clock::time_point began = Clock::now();
  for (int i = 0; i < concurrency; ++i) client.Send(load.method, load.request);
  for (int in_flight = concurrency; in_flight > 0; --in_flight) {
    const std::unique_ptr<Client::Call> call = client.Wait();
    const Clock::time_point now = Clock::now();
    result.latencies.push_back(std::chrono::duration<double, std::micro>(now - call->began).count());
    if (now - began >= duration) continue;
    client.Send(load.method, load.request);
    ++in_flight;
  }
  result.seconds += std::chrono::duration<double>(Clock::now() - began).count();
  result.shim_cpu += shim.CpuMicroseconds() - cpu;
}

grpc::ByteBuffer ListRequest(const std::string& size) {
  cri::ListContainersRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kSizeLabel] = size;
  return ToBuffer(request);
}

}  // namespace

void MeasureRelay(Client& direct, Client& through, const Child& shim, int rounds, milliseconds duration) {
  const Load loads[] = {{"Version", "Version", ToBuffer(cri::VersionRequest())},
                        {"List 1 MiB", "ListContainers", ListRequest("1")},
                        {"List 8 MiB", "ListContainers", ListRequest("8")}};
  std::printf("%-11s %4s | %9s %9s %8s | %9s %9s %8s | %5s %5s %5s | %8s\n", "call", "conc", "direct", "p99",
              "calls/s", "through", "p99", "calls/s", "p50", "p99", "rate", "shim CPU");
  std::printf("%-11s %4s | %9s %9s %8s | %9s %9s %8s | %5s %5s %5s | %8s\n", "", "", "p50 us", "us", "",
              "p50 us", "us", "", "ratio", "ratio", "ratio", "us/call");
  for (const Load& load : loads) {
    for (const int concurrency : {1, 16, 64}) {
      Result without, with;
      Result warm_up;
      Run(direct, load, concurrency, milliseconds(20), shim, warm_up);
      Run(through, load, concurrency, milliseconds(20), shim, warm_up);
      for (int round = 0; round < rounds; ++round) {
        Run(direct, load, concurrency, duration, shim, without);
        Run(through, load, concurrency, duration, shim, with);
      }
      const double p50[] = {without.Quantile(0.5), with.Quantile(0.5)};
      const double p99[] = {without.Quantile(0.99), with.Quantile(0.99)};
      std::printf("%-11s %4d | %9.0f %9.0f %8.0f | %9.0f %9.0f %8.0f | %5.2f %5.2f %5.2f | %8.1f\n",
                  load.name, concurrency, p50[0], p99[0], without.Rate(), p50[1], p99[1], with.Rate(),
                  p50[1] / p50[0], p99[1] / p99[0], with.Rate() / without.Rate(),
                  with.shim_cpu / with.latencies.size());
      std::fflush(stdout);
    }
  }
}

}  // namespace sidecar_shim::bench
