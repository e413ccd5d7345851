#include "shim/run/pods_api_service.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace sidecar_shim::run {
namespace {

namespace api = ::v1alpha1;

// How often a watch checks whether its caller is gone; a change wakes it at once.
constexpr std::chrono::milliseconds kCancelCheckPeriod{200};

core::Pod Tombstone(const core::Pod& pod) {
  core::Pod tombstone;
  tombstone.mutable_metadata()->set_name(pod.metadata().name());
  tombstone.mutable_metadata()->set_namespace_(pod.metadata().namespace_());
  tombstone.mutable_metadata()->set_uid(pod.metadata().uid());
  return tombstone;
}

api::WatchPodsEvent MakeEvent(api::EventType type, const core::Pod& pod) {
  api::WatchPodsEvent event;
  event.set_type(type);
  event.set_pod(pod.SerializeAsString());
  return event;
}

}  // namespace

void PodsApiService::Set(const core::Pod& pod) {
  std::lock_guard lock(mutex_);
  bool added = pods_.insert_or_assign(pod.metadata().uid(), pod).second;
  Publish(added ? api::ADDED : api::MODIFIED, pod);
}

void PodsApiService::Remove(const std::string& uid) {
  std::lock_guard lock(mutex_);
  auto it = pods_.find(uid);
  if (it == pods_.end()) return;
  Publish(api::DELETED, Tombstone(it->second));
  pods_.erase(it);
}

void PodsApiService::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void PodsApiService::Publish(api::EventType type, const core::Pod& pod) {
  history_.push_back(MakeEvent(type, pod));
  changed_.notify_all();
}

grpc::Status PodsApiService::GetPod(grpc::ServerContext*, const api::GetPodRequest* request,
                                    api::GetPodResponse* response) {
  std::lock_guard lock(mutex_);
  auto it = pods_.find(request->poduid());
  if (it == pods_.end()) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        absl::StrCat("pod with UID \"", request->poduid(), "\" not found"));
  }
  response->set_pod(it->second.SerializeAsString());
  return grpc::Status::OK;
}

grpc::Status PodsApiService::ListPods(grpc::ServerContext*, const api::ListPodsRequest*,
                                      api::ListPodsResponse* response) {
  std::lock_guard lock(mutex_);
  for (const auto& [uid, pod] : pods_) response->add_pods(pod.SerializeAsString());
  return grpc::Status::OK;
}

grpc::Status PodsApiService::WatchPods(grpc::ServerContext* context, const api::WatchPodsRequest*,
                                       grpc::ServerWriter<api::WatchPodsEvent>* writer) {
  std::vector<api::WatchPodsEvent> batch;
  size_t next = 0;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [uid, pod] : pods_) batch.push_back(MakeEvent(api::ADDED, pod));
    batch.emplace_back().set_type(api::INITIAL_SYNC_COMPLETE);
    next = history_.size();
  }
  for (;;) {
    for (const api::WatchPodsEvent& event : batch) {
      if (!writer->Write(event)) return grpc::Status::OK;
    }
    batch.clear();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kCancelCheckPeriod, [&] { return stopped_ || history_.size() > next; });
    if (stopped_ || context->IsCancelled()) return grpc::Status::OK;
    for (; next < history_.size(); ++next) batch.push_back(history_[next]);
  }
}

}  // namespace sidecar_shim::run
