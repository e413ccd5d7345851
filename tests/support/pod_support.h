// A pod that a test launches through the shim with the calls that kubelet makes.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_POD_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_POD_SUPPORT_H_

#include <map>
#include <string>
#include <utility>

#include "cri.pb.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

class Pod {
 public:
  // `spec` becomes the annotation sidecar-shim.io/containers.
  Pod(ShimSetup& setup, const std::string& spec)
      : Pod(setup, std::map<std::string, std::string>{{"sidecar-shim.io/containers", spec}}) {}
  Pod(ShimSetup& setup, const std::map<std::string, std::string>& annotations) : setup_(setup) {
    runtime::v1::PodSandboxMetadata& metadata = *config_.mutable_metadata();
    metadata.set_name("pod-node1");
    metadata.set_namespace_("default");
    metadata.set_uid("uid-1");
    config_.mutable_annotations()->insert(annotations.begin(), annotations.end());
    runtime::v1::RunPodSandboxRequest request;
    *request.mutable_config() = config_;
    sandbox_ = setup_.client.Cri<runtime::v1::RunPodSandboxResponse>("RunPodSandbox", request)
                   .second.pod_sandbox_id();
  }

  const std::string& sandbox() const { return sandbox_; }

  runtime::v1::CreateContainerRequest Request(const std::string& name,
                                              const std::map<std::string, std::string>& envs = {},
                                              const std::map<std::string, std::string>& notes = {}) const {
    runtime::v1::CreateContainerRequest request;
    request.set_pod_sandbox_id(sandbox_);
    *request.mutable_sandbox_config() = config_;
    request.mutable_config()->mutable_metadata()->set_name(name);
    for (const auto& [key, value] : envs) {
      runtime::v1::KeyValue& env = *request.mutable_config()->add_envs();
      env.set_key(key);
      env.set_value(value);
    }
    for (const auto& [key, value] : notes) (*request.mutable_config()->mutable_annotations())[key] = value;
    return request;
  }

  std::pair<grpc::Status, std::string> Create(const runtime::v1::CreateContainerRequest& request) {
    const auto [status, response] =
        setup_.client.Cri<runtime::v1::CreateContainerResponse>("CreateContainer", request);
    return {status, response.container_id()};
  }

  grpc::Status Start(const std::string& id) {
    runtime::v1::StartContainerRequest request;
    request.set_container_id(id);
    return setup_.client.Cri<runtime::v1::StartContainerResponse>("StartContainer", request).first;
  }

  // Creates and starts the container; "" where either failed.
  std::string Launch(const runtime::v1::CreateContainerRequest& request) {
    const auto [status, id] = Create(request);
    return status.ok() && Start(id).ok() ? id : "";
  }

  runtime::v1::ContainerStatusResponse Status(const std::string& id, bool verbose = false) {
    runtime::v1::ContainerStatusRequest request;
    request.set_container_id(id);
    request.set_verbose(verbose);
    return setup_.client.Cri<runtime::v1::ContainerStatusResponse>("ContainerStatus", request).second;
  }

 private:
  ShimSetup& setup_;
  runtime::v1::PodSandboxConfig config_;
  std::string sandbox_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_POD_SUPPORT_H_
