// What all parts of relay_bench use: CRI messages as bytes, kubelet's labels, endpoints, the end after an
// error.
#ifndef SIDECAR_SHIM_TESTS_BENCH_MESSAGES_H_
#define SIDECAR_SHIM_TESTS_BENCH_MESSAGES_H_

#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "cri.pb.h"

namespace sidecar_shim::bench {

namespace cri = ::runtime::v1;

inline constexpr size_t kMiB = 1 << 20;
// Before the name of a method.
inline const std::string kService = "/runtime.v1.RuntimeService/";
// A label in the filter of ListContainers: the size of the response in KiB, one of kListSizes.
inline constexpr char kSizeLabel[] = "bench/size";
inline constexpr const char* kListSizes[] = {"64", "1024", "8192"};
// A container that runs from the beginning.
inline constexpr char kRunningContainer[] =
    "c0ffee00000000000000000000000000000000000000000000000000000000aa";

// Prints the error and ends the process.
[[noreturn]] inline void Die(const std::string& what) {
  std::cerr << "relay_bench: " << what << "\n";
  exit(1);
}

// "unix:///path" -> "/path"
inline std::string SocketPath(const std::string& endpoint) { return endpoint.substr(sizeof("unix://") - 1); }

inline grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

inline grpc::ByteBuffer ListRequest(const std::string& size) {
  cri::ListContainersRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kSizeLabel] = size;
  return ToBuffer(request);
}

template <typename Message>
Message FromBuffer(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  Message message;
  if (!message.ParseFromString(bytes)) Die("a message does not parse");
  return message;
}

// kubelet's labels of a pod in namespace "default".
template <typename Labels>
void AddLabels(Labels& labels, const std::string& pod) {
  labels["io.kubernetes.pod.name"] = pod;
  labels["io.kubernetes.pod.namespace"] = "default";
  labels["io.kubernetes.pod.uid"] = "00000000-0000-0000-0000-" + pod;
}

}  // namespace sidecar_shim::bench

#endif  // SIDECAR_SHIM_TESTS_BENCH_MESSAGES_H_
