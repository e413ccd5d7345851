// kubelet's PodsAPI (v1alpha1.Pods) over a list of pods in memory.
#ifndef SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVICE_H_
#define SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pods_api.grpc.pb.h"
#include "shim/run/cri.h"

namespace sidecar_shim::run {

// Thread-safe.
class PodsApiService final : public ::v1alpha1::Pods::Service {
 public:
  // Adds the pod or replaces the one with the same UID; watchers get ADDED or MODIFIED.
  void Set(const core::Pod& pod);
  // Watchers get DELETED, with the pod's name, namespace and UID only.
  void Remove(const std::string& uid);
  // Ends all watches; later ones end with their first events.
  void Stop();

  grpc::Status GetPod(grpc::ServerContext* context, const ::v1alpha1::GetPodRequest* request,
                      ::v1alpha1::GetPodResponse* response) override;
  grpc::Status ListPods(grpc::ServerContext* context, const ::v1alpha1::ListPodsRequest* request,
                        ::v1alpha1::ListPodsResponse* response) override;
  grpc::Status WatchPods(grpc::ServerContext* context, const ::v1alpha1::WatchPodsRequest* request,
                         grpc::ServerWriter<::v1alpha1::WatchPodsEvent>* writer) override;

 private:
  // With mutex_ held.
  void Publish(::v1alpha1::EventType type, const core::Pod& pod);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopped_ = false;
  std::map<std::string, core::Pod> pods_;  // by UID
  // Every event so far; `run` has few.
  std::vector<::v1alpha1::WatchPodsEvent> history_;
};

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_PODS_API_SERVICE_H_
