// A folder for sockets that is gone afterwards, whatever ends the benchmark.
#ifndef SIDECAR_SHIM_TESTS_BENCH_TEMPORARY_FOLDER_H_
#define SIDECAR_SHIM_TESTS_BENCH_TEMPORARY_FOLDER_H_

#include <functional>
#include <string>

namespace sidecar_shim::bench {

// Calls `work` with a new folder, in a child process, and returns its exit status. When that process has
// ended, be it by a signal, kills what it has left running and removes the folder.
int InTemporaryFolder(const std::function<int(const std::string&)>& work);

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_TEMPORARY_FOLDER_H_
