// How fast calls pass the shim, how much CPU time they cost it, and how its memory grows.
//
//   relay_bench [--quick] [PATH_OF_sidecar-shim]
//
// A runtime that does nothing but answer runs in one child process, the daemon in another.
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/bench_runtime.h"
#include "tests/bench/child.h"
#include "tests/bench/client.h"
#include "tests/bench/messages.h"
#include "tests/bench/pod_memory.h"
#include "tests/bench/relay_load.h"

namespace sidecar_shim::bench {

namespace {

using std::chrono::milliseconds;

int Measure(const std::string& program, bool quick) {
  char pattern[] = "/tmp/relay_bench.XXXXXX";
  if (mkdtemp(pattern) == nullptr) Die("cannot create a temporary directory");
  const std::string folder = pattern;
  {
    const std::string runtime_endpoint = "unix://" + folder + "/runtime.sock";
    const auto serve = [&](const std::string& endpoint) {
      return std::vector<std::string>{program,
                                      "serve",
                                      "--listen",
                                      endpoint,
                                      "--runtime",
                                      runtime_endpoint,
                                      "--kubelet-root-dir",
                                      folder,
                                      "--static-pod-path",
                                      folder,
                                      "--log-level",
                                      "warn"};
    };
    const Child runtime({"/proc/self/exe", "--serve", runtime_endpoint});
    Client direct(runtime_endpoint);
    {
      const std::string endpoint = "unix://" + folder + "/shim.sock";
      const Child shim(serve(endpoint));
      Client through(endpoint);
      MeasureRelay(direct, through, shim, quick ? 2 : 4, milliseconds(quick ? 150 : 400));
      std::printf("resident memory of the shim after this, KiB: %lld; at most %lld\n",
                  static_cast<long long>(shim.Memory("VmRSS")), static_cast<long long>(shim.Memory("VmHWM")));
    }
    // A new shim, since 64 responses of 8 MiB leave memory behind that pods do not need.
    const std::string endpoint = "unix://" + folder + "/shim2.sock";
    const Child shim(serve(endpoint));
    Client through(endpoint);
    MeasureMemory(through, shim, 1000, quick ? 3000 : 10000);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int Main(int argc, char** argv) {
  bool quick = false;
  std::string program;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--serve" && i + 1 < argc) return ServeRuntime(argv[i + 1]);
    if (argument == "--quick")
      quick = true;
    else if (!argument.starts_with("-") && program.empty())
      program = argument;
    else {
      std::cerr << "usage: relay_bench [--quick] [PATH_OF_sidecar-shim]\n";
      return 2;
    }
  }
  if (program.empty()) {
    // build/<any>/tests/relay_bench -> build/release/sidecar-shim
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    program = self.parent_path().parent_path().parent_path() / "release" / "sidecar-shim";
  }
  if (access(program.c_str(), X_OK) != 0) Die("cannot execute " + program);
  return Measure(program, quick);
}

}  // namespace sidecar_shim::bench

int main(int argc, char** argv) { return sidecar_shim::bench::Main(argc, argv); }
