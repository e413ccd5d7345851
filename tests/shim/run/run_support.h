// Pods and statuses for the tests of shim/run.
#ifndef SIDECAR_SHIM_TESTS_SHIM_RUN_RUN_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SHIM_RUN_RUN_SUPPORT_H_

#include <gtest/gtest.h>

#include <string>

#include "shim/kube/manifest.h"
#include "shim/run/admission.h"
#include "shim/run/pod_model.h"
#include "shim/run/pod_status.h"

namespace sidecar_shim::run {

inline Identity TestIdentity() {
  return Identity{"pod-uid", "job-uid", "abcde", absl::FromUnixSeconds(1700000000)};
}

// A pod called "pod" with the given spec (YAML in flow style).
inline absl::StatusOr<PodModel> TryModel(const std::string& spec, const std::string& metadata = "") {
  auto manifest = ParseManifest("{apiVersion: v1, kind: Pod, metadata: {name: pod" + metadata + "}, spec: {" +
                                spec + "}}");
  if (!manifest.ok()) return manifest.status();
  return BuildPodModel(Admit(*manifest, TestIdentity()), manifest->pod_json);
}

inline PodModel Model(const std::string& spec, const std::string& metadata = "") {
  auto model = TryModel(spec, metadata);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? *std::move(model) : PodModel();
}

inline void AddSandbox(PodStatus& status, cri::PodSandboxState state = cri::SANDBOX_READY,
                       uint32_t attempt = 0) {
  cri::PodSandboxStatus sandbox;
  sandbox.set_id("sandbox" + std::to_string(attempt));
  sandbox.set_state(state);
  sandbox.set_created_at(attempt + 1);
  sandbox.mutable_metadata()->set_attempt(attempt);
  sandbox.mutable_network()->set_ip("10.0.0.1");
  status.sandboxes.push_back(sandbox);
  SortNewestFirst(status);
}

inline void AddContainer(PodStatus& status, const std::string& name, cri::ContainerState state,
                         int exit_code = 0, uint32_t attempt = 0) {
  ContainerRecord record;
  record.status.set_id(name + std::to_string(attempt));
  record.status.mutable_metadata()->set_name(name);
  record.status.mutable_metadata()->set_attempt(attempt);
  record.status.set_state(state);
  record.status.set_created_at(attempt + 1);
  record.status.set_exit_code(exit_code);
  record.real.exit_code = exit_code;
  status.containers.push_back(record);
  SortNewestFirst(status);
}

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_TESTS_SHIM_RUN_RUN_SUPPORT_H_
