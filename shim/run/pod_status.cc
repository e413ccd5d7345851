#include "shim/run/pod_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "shim/formats/json_member.h"

namespace sidecar_shim::run {

const ContainerRecord* PodStatus::Find(absl::string_view name) const {
  for (const ContainerRecord& record : containers) {
    if (record.name() == name) return &record;
  }
  return nullptr;
}

const cri::PodSandboxStatus* PodStatus::ReadySandbox() const {
  for (const cri::PodSandboxStatus& sandbox : sandboxes) {
    if (sandbox.state() == cri::SANDBOX_READY) return &sandbox;
  }
  return nullptr;
}

bool PodStatus::AnyRunning() const {
  return std::any_of(containers.begin(), containers.end(),
                     [](const ContainerRecord& r) { return r.running(); });
}

ContainerRecord ReadContainerRecord(const cri::ContainerStatusResponse& response) {
  ContainerRecord record{response.status(), {}};
  record.real.exit_code = response.status().exit_code();
  record.real.reason = response.status().reason();
  auto info = response.info().find("sidecar-shim");
  if (info == response.info().end()) return record;
  const auto json = nlohmann::json::parse(info->second, nullptr, /*allow_exceptions=*/false);
  const std::optional<int64_t> exit_code = IntMember(json, "exitCode");
  if (!BoolMember(json, "masked") || !exit_code) return record;
  record.real = {true, static_cast<int32_t>(*exit_code), StringMember(json, "reason")};
  return record;
}

void SortNewestFirst(PodStatus& status) {
  std::stable_sort(status.sandboxes.begin(), status.sandboxes.end(),
                   [](const auto& a, const auto& b) { return a.created_at() > b.created_at(); });
  std::stable_sort(status.containers.begin(), status.containers.end(), [](const auto& a, const auto& b) {
    return a.status.created_at() > b.status.created_at();
  });
}

absl::Time FromRuntime(int64_t nanoseconds) {
  return nanoseconds == 0 ? absl::InfinitePast() : absl::FromUnixNanos(nanoseconds);
}

}  // namespace sidecar_shim::run
