#include "tests/bench/runtime_replies.h"

#include <string>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

namespace {

constexpr int64_t kCreatedAt = 1700000000000000000;  // ns
constexpr char kPod[] = "100000000000";

std::string Digest(char digit) { return "sha256:" + std::string(64, digit); }

template <typename Annotations>
void AddAnnotations(Annotations& annotations) {
  annotations["io.kubernetes.container.hash"] = "5f2b8c1d";
  annotations["io.kubernetes.container.restartCount"] = "0";
  annotations["io.kubernetes.container.terminationMessagePath"] = "/dev/termination-log";
  annotations["io.kubernetes.container.terminationMessagePolicy"] = "File";
  annotations["io.kubernetes.pod.terminationGracePeriod"] = "30";
}

void FillContainer(cri::Container& container, const std::string& pod) {
  container.set_id(std::string(52, 'c') + pod);
  container.set_pod_sandbox_id(std::string(52, 'b') + pod);
  container.mutable_metadata()->set_name("main");
  container.mutable_image()->set_image(Digest('a'));
  container.set_image_ref(Digest('a'));
  container.set_state(cri::CONTAINER_RUNNING);
  container.set_created_at(kCreatedAt);
  AddLabels(*container.mutable_labels(), pod);
  (*container.mutable_labels())["io.kubernetes.container.name"] = "main";
  AddAnnotations(*container.mutable_annotations());
}

void AddMount(cri::ContainerStatus& status, const std::string& where, const std::string& from,
              bool readonly) {
  cri::Mount& mount = *status.add_mounts();
  mount.set_container_path(where);
  mount.set_host_path("/var/lib/kubelet/pods/00000000-0000-0000-0000-" + std::string(kPod) + from);
  mount.set_readonly(readonly);
}

}  // namespace

grpc::ByteBuffer MakeList(size_t size) {
  cri::ListContainersResponse list;
  size_t filled = 0;
  for (int i = 0; filled < size; ++i) {
    cri::Container& container = *list.add_containers();
    FillContainer(container, std::to_string(100000000000 + i));
    filled += container.ByteSizeLong() + 3;
  }
  return ToBuffer(list);
}

cri::Container MakeRunningContainer() {
  cri::Container container;
  FillContainer(container, kPod);
  container.set_id(kRunningContainer);
  return container;
}

cri::PodSandbox MakeSandbox() {
  cri::PodSandbox sandbox;
  sandbox.set_id(MakeRunningContainer().pod_sandbox_id());
  sandbox.mutable_metadata()->set_name(kPod);
  sandbox.mutable_metadata()->set_namespace_("default");
  sandbox.mutable_metadata()->set_uid("00000000-0000-0000-0000-" + std::string(kPod));
  sandbox.set_state(cri::SANDBOX_READY);
  sandbox.set_created_at(kCreatedAt);
  AddLabels(*sandbox.mutable_labels(), kPod);
  return sandbox;
}

grpc::ByteBuffer MakeStatus() {
  const cri::Container container = MakeRunningContainer();
  cri::ContainerStatusResponse reply;
  cri::ContainerStatus& status = *reply.mutable_status();
  status.set_id(container.id());
  *status.mutable_metadata() = container.metadata();
  status.set_state(container.state());
  status.set_created_at(kCreatedAt);
  status.set_started_at(kCreatedAt + 50000000);
  status.mutable_image()->set_image("registry.example/team/application:1.27.3");
  status.set_image_ref("registry.example/team/application@" + Digest('d'));
  *status.mutable_labels() = container.labels();
  *status.mutable_annotations() = container.annotations();
  AddMount(status, "/etc/hosts", "/etc-hosts", false);
  AddMount(status, "/dev/termination-log", "/containers/main/0a1b2c3d", false);
  AddMount(status, "/etc/application", "/volumes/kubernetes.io~configmap/config", true);
  AddMount(status, "/var/run/secrets/kubernetes.io/serviceaccount",
           "/volumes/kubernetes.io~projected/kube-api-access-x7x2p", true);
  status.set_log_path("/var/log/pods/default_" + std::string(kPod) + "_00000000-0000-0000-0000-" + kPod +
                      "/main/0.log");
  return ToBuffer(reply);
}

}  // namespace sidecar_shim::bench
