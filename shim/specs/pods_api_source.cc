#include "shim/specs/pods_api_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pods_api.pb.h"
#include "shim/base/unix_socket.h"
#include "shim/kube/pod_update.h"

namespace sidecar_shim {
namespace {

namespace core = k8s::io::api::core::v1;

constexpr const char* kGetPod = "/v1alpha1.Pods/GetPod";
constexpr const char* kWatchPods = "/v1alpha1.Pods/WatchPods";
constexpr Duration kGetTimeout = std::chrono::seconds(1);
constexpr Duration kGetRetryInterval = std::chrono::milliseconds(50);
constexpr Duration kWatchRetryInterval = std::chrono::seconds(1);

}  // namespace

PodsApiSource::PodsApiSource(Loop& loop, const std::string& socket_path)
    : loop_(loop),
      socket_path_(socket_path),
      upstream_(absl::StrCat("unix://", socket_path), "kubelet"),
      client_(loop, upstream_),
      watch_(loop, upstream_, kWatchPods, ToBytes(v1alpha1::WatchPodsRequest()), kWatchRetryInterval,
             {.on_sent = nullptr,
              .on_message = [this](const std::string& message) { OnWatch(message); },
              .on_end = nullptr}) {}

void PodsApiSource::Follow(UpdateCallback on_update) {
  on_update_ = std::move(on_update);
  watch_.Start();
}

void PodsApiSource::Find(const PodQuery& query, Answer answer) {
  if (query.pod.uid.empty()) {
    answer(absl::NotFoundError("the pod has no UID"));
    return;
  }
  Get(query.pod.uid, loop_.Now() + kGetTimeout, std::move(answer));
}

void PodsApiSource::Get(const std::string& uid, Time deadline, Answer answer) {
  if (!IsListening(socket_path_)) {
    // kubelet before 1.37 never serves it. If kubelet is only starting, the watch
    // reports the pod later.
    answer(absl::NotFoundError("kubelet does not serve the PodsAPI socket"));
    return;
  }
  v1alpha1::GetPodRequest request;
  request.set_poduid(uid);
  client_.Call<v1alpha1::GetPodResponse>(
      kGetPod, request, std::max<Duration>(deadline - loop_.Now(), kGetRetryInterval),
      [this, uid, deadline, answer = std::move(answer)](const grpc::Status& status,
                                                        const v1alpha1::GetPodResponse& response) {
        const absl::StatusOr<PodUpdate> update =
            status.ok() ? ParsePod(uid, response.pod()) : absl::StatusOr<PodUpdate>(ToSourceStatus(status));
        const bool unanswered =
            absl::IsUnavailable(update.status()) || absl::IsFailedPrecondition(update.status());
        if (!unanswered || loop_.Now() + kGetRetryInterval >= deadline) {
          answer(update);
          return;
        }
        auto timer = std::make_shared<Loop::Timer>(loop_);
        timer->Start(loop_.Now() + kGetRetryInterval,
                     lifetime_.Guard([this, timer, uid, deadline, answer] { Get(uid, deadline, answer); }));
      });
}

absl::StatusOr<PodUpdate> PodsApiSource::ParsePod(const std::string& uid, const std::string& bytes) const {
  core::Pod pod;
  if (!pod.ParseFromString(bytes)) return absl::DataLossError("the response holds no valid Pod");
  if (pod.metadata().uid() != uid) return absl::DataLossError("the response holds another pod");
  return FromCorePod(pod, name());
}

void PodsApiSource::OnWatch(const std::string& message) {
  v1alpha1::WatchPodsEvent event;
  core::Pod pod;
  if (!FromBytes(message, event) || (event.type() != v1alpha1::ADDED && event.type() != v1alpha1::MODIFIED) ||
      !pod.ParseFromString(event.pod())) {
    return;
  }
  const core::ObjectMeta& metadata = pod.metadata();
  const absl::StatusOr<PodUpdate> update = FromCorePod(pod, name());
  if (!update.ok()) return;
  on_update_(policy::PodRef{metadata.namespace_(), metadata.name(), metadata.uid()}, *update);
}

}  // namespace sidecar_shim
