// What the fake runtime says of containers, as large and as varied as what a real one says.
#ifndef SIDECAR_SHIM_TESTS_BENCH_RUNTIME_REPLIES_H_
#define SIDECAR_SHIM_TESTS_BENCH_RUNTIME_REPLIES_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>

#include "cri.pb.h"

namespace sidecar_shim::bench {

// A ListContainersResponse of running containers, at least `size` bytes in all and at most one container
// more.
grpc::ByteBuffer MakeList(size_t size);

// kRunningContainer and its sandbox, as lists show them.
runtime::v1::Container MakeRunningContainer();
runtime::v1::PodSandbox MakeSandbox();
// Its ContainerStatusResponse, some 1.5 KiB.
grpc::ByteBuffer MakeStatus();

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_RUNTIME_REPLIES_H_
