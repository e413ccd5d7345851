#include "shim/run/pod_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

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
  auto json = nlohmann::json::parse(info->second, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return record;
  auto masked = json.find("masked");
  auto exit_code = json.find("exitCode");
  if (masked == json.end() || *masked != true || exit_code == json.end() || !exit_code->is_number_integer()) {
    return record;
  }
  record.real.masked = true;
  record.real.exit_code = exit_code->get<int32_t>();
  auto reason = json.find("reason");
  record.real.reason = reason != json.end() && reason->is_string() ? reason->get<std::string>() : "";
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
