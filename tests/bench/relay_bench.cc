// What the shim adds to calls, beside what other relays add: time, CPU time, memory; and how its memory grows
// with pods.
//
//   relay_bench [--quick] [--go-proxy PATH] [PATH_OF_sidecar-shim]
//
// The client is this process. A runtime that does nothing but answer and each relay run in a child process of
// their own.
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/bench/bench_runtime.h"
#include "tests/bench/child.h"
#include "tests/bench/client.h"
#include "tests/bench/list_memory.h"
#include "tests/bench/messages.h"
#include "tests/bench/pod_memory.h"
#include "tests/bench/raw_relay.h"
#include "tests/bench/relay_load.h"
#include "tests/bench/relay_table.h"
#include "tests/bench/relays.h"
#include "tests/bench/temporary_folder.h"

namespace sidecar_shim::bench {

namespace {

using std::chrono::milliseconds;

struct Options {
  bool quick = false;
  std::string shim;
  std::string go_proxy;
};

void CompareRelays(Client& direct, Relays& relays, Rounds rounds) {
  std::vector<std::unique_ptr<Relay>> running;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Way> ways = {{"direct", &direct, nullptr}};
  for (const std::string& name : relays.Names()) {
    running.push_back(relays.Start(name));
    clients.push_back(std::make_unique<Client>(running.back()->endpoint));
    ways.push_back({name, clients.back().get(), &running.back()->process});
  }
  PrintHead(relays.Names());
  for (const Load& load : AllLoads()) {
    for (const int concurrency : load.concurrencies)
      PrintLine(load.name, concurrency, Measure(ways, load, concurrency, rounds));
  }
  std::printf("\nmemory after this, MiB (at most):");
  for (const auto& relay : running) {
    std::printf("  %s %.1f (%.1f)", relay->name.c_str(), relay->process.Memory("VmRSS") / 1024.0,
                relay->process.Memory("VmHWM") / 1024.0);
  }
  std::printf("\n");
}

int MeasureIn(const std::string& folder, const Options& options) {
  const std::string runtime_endpoint = "unix://" + folder + "/runtime.sock";
  const Child runtime({"/proc/self/exe", "--serve", runtime_endpoint});
  Relays relays(folder, runtime_endpoint, options.shim, options.go_proxy);
  {
    Client direct(runtime_endpoint);
    // A multiple of the ways, so that each begins as many rounds.
    const Rounds rounds = options.quick ? Rounds{4, milliseconds(100)} : Rounds{12, milliseconds(250)};
    CompareRelays(direct, relays, rounds);
  }
  MeasureListMemory(relays);
  // Another shim, since large responses leave memory behind that pods do not need.
  const std::unique_ptr<Relay> shim = relays.Start(kShim);
  Client through(shim->endpoint);
  MeasureMemory(through, shim->process, 1000, options.quick ? 3000 : 10000);
  return 0;
}

int Usage() {
  std::cerr << "usage: relay_bench [--quick] [--go-proxy PATH] [PATH_OF_sidecar-shim]\n";
  return 2;
}

// What the child processes are.
int ServeAs(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "--serve") return ServeRuntime(arguments[1]);
  if (arguments.size() == 3 && arguments[0] == "--raw-relay")
    return ServeRawRelay(arguments[1], arguments[2]);
  return Usage();
}

}  // namespace

int Main(const std::vector<std::string>& arguments) {
  // Debian's Abseil is built without NDEBUG: each lock inside gRPC would walk a graph of all locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Options options;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--serve" || *argument == "--raw-relay") return ServeAs(arguments);
    if (*argument == "--quick")
      options.quick = true;
    else if (*argument == "--go-proxy" && std::next(argument) != arguments.end())
      options.go_proxy = *++argument;
    else if (!argument->starts_with("-") && options.shim.empty())
      options.shim = *argument;
    else
      return Usage();
  }
  if (options.shim.empty()) {
    // build/<any>/tests/relay_bench -> build/release/sidecar-shim
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    options.shim = self.parent_path().parent_path().parent_path() / "release" / "sidecar-shim";
  }
  for (const std::string& program : {options.shim, options.go_proxy}) {
    if (!program.empty() && access(program.c_str(), X_OK) != 0) Die("cannot execute " + program);
  }
  if (options.go_proxy.empty())
    std::cout << "without grpc-go, as --go-proxy PATH is not given (tests/node/build-tools.sh --print-path "
                 "go-proxy)\n";
  return InTemporaryFolder([&](const std::string& folder) { return MeasureIn(folder, options); });
}

}  // namespace sidecar_shim::bench

int main(int argc, char** argv) {
  return sidecar_shim::bench::Main(std::vector<std::string>(argv + 1, argv + argc));
}
