#include "shim/run/image_puller.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "shim/run/image_name.h"
#include "shim/run/pod_config.h"

namespace sidecar_shim::run {
namespace {

absl::Status Prefixed(absl::string_view prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::string> ImagePuller::Ensure(const PodModel& model, const ContainerModel& container,
                                                const cri::PodSandboxConfig& sandbox_config,
                                                absl::Time& retry_at) {
  const std::string& policy = container.spec.imagepullpolicy();
  std::string image = WithDefaultTag(container.spec.image());
  cri::ImageSpec spec = ImageSpec(model, image);
  absl::StatusOr<std::string> present = client_.ImageStatus(spec);
  if (!present.ok()) return Prefixed("ImageInspectError", present.status());
  if (!present->empty() && policy != "Always") return present;
  if (policy == "Never") {
    return absl::NotFoundError(
        absl::StrCat("ErrImageNeverPull: image ", image, " is not present and imagePullPolicy is Never"));
  }
  absl::Time now = absl::Now();
  if (auto failed = failed_at_.find(image); failed != failed_at_.end()) {
    absl::Time allowed = backoff_.AllowedAt(image, failed->second);
    if (allowed > now) {
      retry_at = allowed;
      return absl::UnavailableError(absl::StrCat("ImagePullBackOff: back-off pulling image ", image));
    }
  }
  log_.Emit(Event::Kind::kImage, container.spec.name(), absl::StrCat("pulling image ", image));
  absl::StatusOr<std::string> pulled = client_.PullImage(spec, sandbox_config);
  if (!pulled.ok()) {
    absl::Time failed = absl::Now();
    backoff_.RecordAttempt(image, failed, failed);
    failed_at_[image] = failed;
    return Prefixed("ErrImagePull", pulled.status());
  }
  failed_at_.erase(image);
  log_.Emit(Event::Kind::kImage, container.spec.name(),
            absl::StrCat("pulled image ", image, " in ", absl::FormatDuration(absl::Now() - now)));
  return pulled;
}

}  // namespace sidecar_shim::run
