#include "shim/actuators/launcher.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>

#include "shim/actuators/container_name.h"
#include "shim/cri/bytes.h"
#include "shim/cri/convert.h"
#include "shim/kube/kubelet_labels.h"
#include "shim/kube/log_symlink.h"

namespace sidecar_shim {
namespace {

using runtime::v1::CreateContainerRequest;

std::string Label(const runtime::v1::ContainerStatus& status, const char* key) {
  auto it = status.labels().find(key);
  return it == status.labels().end() ? std::string() : it->second;
}

// By the labels that kubelet sets.
ContainerName NameOf(const runtime::v1::ContainerStatus& status) {
  ContainerName name;
  name.pod.name_space = Label(status, kPodNamespaceLabel);
  name.pod.name = Label(status, kPodNameLabel);
  name.container = Label(status, kContainerNameLabel);
  return name;
}

std::filesystem::path SymlinkPath(const ContainerName& name, const std::string& id) {
  return LogSymlink(name.pod.name, name.pod.name_space, name.container, id);
}

}  // namespace

void Launcher::Remember(const policy::SandboxId& sandbox, const std::string& name,
                        const std::string& request) {
  remembered_[{sandbox, name}] = request;
}

void Launcher::Forget(const policy::Forget& action) { remembered_.erase({action.sandbox, action.name}); }

void Launcher::Launch(const policy::Launch& action) {
  auto node = remembered_.extract({action.sandbox, action.name});
  CreateContainerRequest request;
  if (node.empty() || !FromBytes(node.mapped(), request)) {
    driver_.Post(policy::CreateFailed{action.sandbox, action.name, /*by_shim=*/true});
    return;
  }
  if (action.stamp) AddAnnotations(encode_stamp_(*action.stamp), *request.mutable_config());

  policy::ContainerSeen seen;
  seen.sandbox = action.sandbox;
  seen.name = action.name;
  seen.attempt = request.config().metadata().attempt();
  seen.traits = ReadTraits(request.config());
  ReadStopSettings(request.config().annotations(), seen);
  seen.by_shim = true;
  runtime_.CreateContainer(
      request, [this, seen, name = NameInSandbox(driver_.engine(), seen.sandbox, seen.name)](
                   const grpc::Status& status, const runtime::v1::CreateContainerResponse& response) mutable {
        if (!status.ok()) {
          // kubelet's own retry gets the same error and reports it.
          spdlog::warn("launch ahead failed at create, left to kubelet: {} error={}", name.ToString(),
                       status.error_message());
          driver_.Post(policy::CreateFailed{seen.sandbox, seen.name, /*by_shim=*/true});
          return;
        }
        seen.container = policy::ContainerId(response.container_id());
        driver_.Post(seen);
        if (!driver_.CanLaunch(seen.sandbox)) {
          driver_.Post(policy::StartFailed{seen.container, "sidecar-shim: the pod is being torn down"});
          return;
        }
        Start(seen.container);
      });
}

void Launcher::ResumeLaunch(const policy::ResumeLaunch& action) {
  if (action.started) {
    AfterStart(action.container);
  } else {
    Start(action.container);
  }
}

void Launcher::Start(const policy::ContainerId& id) {
  runtime_.StartContainer(id, [this, id, name = NameOfContainer(driver_.engine(), id)](
                                  const grpc::Status& status, const runtime::v1::StartContainerResponse&) {
    if (status.ok()) {
      driver_.Post(policy::ContainerStarted{id});
    } else {
      spdlog::warn("launch ahead failed at start: {} error={}", name.ToString(), status.error_message());
      driver_.Post(policy::StartFailed{id, status.error_message()});
    }
    AfterStart(id);
  });
}

void Launcher::AfterStart(const policy::ContainerId& id) {
  runtime_.ContainerStatus(
      id, /*verbose=*/false,
      [this](const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
        if (!status.ok()) return;
        const runtime::v1::ContainerStatus& container = response.status();
        if (container.state() == runtime::v1::CONTAINER_EXITED) {
          driver_.Post(ToContainerExited(container));
        }
        if (container.started_at() > 0) LinkLog(container);
      });
}

void Launcher::LinkLog(const runtime::v1::ContainerStatus& status) {
  // crictl's pods have no kubelet labels and no symlink.
  if (status.log_path().empty() || !status.labels().contains(kPodNameLabel)) return;
  const ContainerName name = NameOf(status);
  worker_.Run([target = status.log_path(), link = SymlinkPath(name, status.id()), name] {
    std::error_code error;
    if (!std::filesystem::is_directory(link.parent_path(), error)) return;  // no kubelet here
    std::filesystem::create_symlink(target, link, error);
    if (error && error != std::errc::file_exists) {
      spdlog::warn("cannot create log symlink: {} path={} error={}", name.ToString(), link.string(),
                   error.message());
    }
  });
}

}  // namespace sidecar_shim
