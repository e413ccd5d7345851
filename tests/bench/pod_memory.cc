#include "tests/bench/pod_memory.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

namespace {

// Runs pods in 16 lanes, one after the other in each, as kubelet's pod workers do.
class PodLanes {
 public:
  explicit PodLanes(Client& client) : client_(client) {}

  void RunAndRemove(int count) {
    left_ = count;
    int lanes = 0;
    for (; lanes < 16 && left_ > 0; ++lanes) Begin(lanes);
    while (lanes > 0) {
      const std::unique_ptr<Client::Call> call = client_.Wait();
      if (!Next(call->tag, call->response)) --lanes;
    }
  }

 private:
  struct Pod {
    int step = 0;
    cri::PodSandboxConfig config;
    std::string sandbox;
  };

  bool Begin(int lane) {
    if (left_ == 0) return false;
    --left_;
    Pod& pod = pods_[lane] = Pod();
    const std::string name = std::to_string(100000000000 + ++last_pod_);
    pod.config.mutable_metadata()->set_name(name);
    pod.config.mutable_metadata()->set_namespace_("default");
    pod.config.mutable_metadata()->set_uid("00000000-0000-0000-0000-" + name);
    AddLabels(*pod.config.mutable_labels(), name);
    cri::RunPodSandboxRequest request;
    *request.mutable_config() = pod.config;
    client_.Send("RunPodSandbox", ToBuffer(request), lane);
    return true;
  }

  // Sends the pod's next call; false where the lane has no more pods.
  bool Next(int lane, const grpc::ByteBuffer& response) {
    Pod& pod = pods_[lane];
    switch (pod.step++) {
      case 0:
        pod.sandbox = FromBuffer<cri::RunPodSandboxResponse>(response).pod_sandbox_id();
        client_.Send("CreateContainer", ToBuffer(CreateRequest(pod)), lane);
        return true;
      case 1: {
        cri::StartContainerRequest request;
        request.set_container_id(FromBuffer<cri::CreateContainerResponse>(response).container_id());
        client_.Send("StartContainer", ToBuffer(request), lane);
        return true;
      }
      case 2: {
        cri::StopPodSandboxRequest request;
        request.set_pod_sandbox_id(pod.sandbox);
        client_.Send("StopPodSandbox", ToBuffer(request), lane);
        return true;
      }
      case 3: {
        cri::RemovePodSandboxRequest request;
        request.set_pod_sandbox_id(pod.sandbox);
        client_.Send("RemovePodSandbox", ToBuffer(request), lane);
        return true;
      }
      default:
        return Begin(lane);
    }
  }

  static cri::CreateContainerRequest CreateRequest(const Pod& pod) {
    cri::CreateContainerRequest request;
    request.set_pod_sandbox_id(pod.sandbox);
    *request.mutable_sandbox_config() = pod.config;
    cri::ContainerConfig& config = *request.mutable_config();
    config.mutable_metadata()->set_name("main");
    config.mutable_image()->set_image("bench");
    AddLabels(*config.mutable_labels(), pod.config.metadata().name());
    (*config.mutable_labels())["io.kubernetes.container.name"] = "main";
    cri::KeyValue& env = *config.add_envs();
    env.set_key("KRUISE_CONTAINER_PRIORITY");
    env.set_value("100");
    return request;
  }

  Client& client_;
  std::map<int, Pod> pods_;
  int left_ = 0;
  int last_pod_ = 0;
};

}  // namespace

void MeasureMemory(Client& through, const Child& shim, int few, int many) {
  std::printf("\nresident memory of the shim, KiB: idle %lld", static_cast<long long>(shim.Memory("VmRSS")));
  PodLanes pods(through);
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  pods.RunAndRemove(few);
  std::printf(", after %d pods %lld", few, static_cast<long long>(shim.Memory("VmRSS")));
  pods.RunAndRemove(many - few);
  std::printf(", after %d pods %lld (%.0f pods/s)\n", many, static_cast<long long>(shim.Memory("VmRSS")),
              many / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

}  // namespace sidecar_shim::bench
