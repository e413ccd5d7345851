#include "shim/run/pods_api_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "pods_api.grpc.pb.h"

namespace sidecar_shim::run {
namespace {

namespace api = ::v1alpha1;
namespace fs = std::filesystem;

// A watch asks this often whether its caller has gone; changes wake it at once.
constexpr std::chrono::milliseconds kLivenessPeriod{200};

core::Pod Tombstone(const core::Pod& pod) {
  core::Pod tombstone;
  tombstone.mutable_metadata()->set_name(pod.metadata().name());
  tombstone.mutable_metadata()->set_namespace_(pod.metadata().namespace_());
  tombstone.mutable_metadata()->set_uid(pod.metadata().uid());
  return tombstone;
}

// OK where nobody listens on `path`; a dead socket is removed.
absl::Status ClearPath(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode))
    return absl::FailedPreconditionError(absl::StrCat(path, " exists and is not a socket"));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError(std::strerror(errno));
  absl::Cleanup close_fd = [fd] { close(fd); };
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  int result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (result == 0) return absl::AlreadyExistsError(absl::StrCat("somebody else serves ", path));
  if (errno != ECONNREFUSED)
    return absl::FailedPreconditionError(absl::StrCat(path, ": ", std::strerror(errno)));
  unlink(path.c_str());
  return absl::OkStatus();
}

}  // namespace

class PodsApiServer::Service final : public api::Pods::Service {
 public:
  ~Service() override {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    news_.notify_all();
    if (server_ == nullptr) return;
    server_->Shutdown();
    server_->Wait();
  }

  bool Listen(const std::string& path) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("unix:", path), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    builder.SetMaxSendMessageSize(-1);
    server_ = builder.BuildAndStart();
    return server_ != nullptr;
  }

  void Set(const core::Pod& pod) {
    std::lock_guard lock(mutex_);
    bool added = pods_.insert_or_assign(pod.metadata().uid(), pod).second;
    Tell(added ? api::ADDED : api::MODIFIED, pod);
  }

  void Remove(const std::string& uid) {
    std::lock_guard lock(mutex_);
    auto it = pods_.find(uid);
    if (it == pods_.end()) return;
    Tell(api::DELETED, Tombstone(it->second));
    pods_.erase(it);
  }

  grpc::Status GetPod(grpc::ServerContext*, const api::GetPodRequest* request,
                      api::GetPodResponse* response) override {
    std::lock_guard lock(mutex_);
    auto it = pods_.find(request->poduid());
    if (it == pods_.end()) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND,
                          absl::StrCat("pod with UID \"", request->poduid(), "\" not found"));
    }
    response->set_pod(it->second.SerializeAsString());
    return grpc::Status::OK;
  }

  grpc::Status ListPods(grpc::ServerContext*, const api::ListPodsRequest*,
                        api::ListPodsResponse* response) override {
    std::lock_guard lock(mutex_);
    for (const auto& [uid, pod] : pods_) response->add_pods(pod.SerializeAsString());
    return grpc::Status::OK;
  }

  grpc::Status WatchPods(grpc::ServerContext* context, const api::WatchPodsRequest*,
                         grpc::ServerWriter<api::WatchPodsEvent>* writer) override {
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
      news_.wait_for(lock, kLivenessPeriod, [&] { return stopped_ || history_.size() > next; });
      if (stopped_ || context->IsCancelled()) return grpc::Status::OK;
      for (; next < history_.size(); ++next) batch.push_back(history_[next]);
    }
  }

 private:
  static api::WatchPodsEvent MakeEvent(api::EventType type, const core::Pod& pod) {
    api::WatchPodsEvent event;
    event.set_type(type);
    event.set_pod(pod.SerializeAsString());
    return event;
  }
  // With mutex_ held.
  void Tell(api::EventType type, const core::Pod& pod) {
    history_.push_back(MakeEvent(type, pod));
    news_.notify_all();
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  bool stopped_ = false;
  std::map<std::string, core::Pod> pods_;
  // All of them: a run has few.
  std::vector<api::WatchPodsEvent> history_;
  std::unique_ptr<grpc::Server> server_;
};

PodsApiServer::PodsApiServer() : service_(std::make_unique<Service>()) {}

absl::StatusOr<std::unique_ptr<PodsApiServer>> PodsApiServer::Start(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too long for a socket"));
  }
  if (absl::Status status = ClearPath(path); !status.ok()) return status;
  std::unique_ptr<PodsApiServer> server(new PodsApiServer());
  std::error_code error;
  for (fs::path dir = fs::path(path).parent_path(); !dir.empty() && !fs::exists(dir, error);
       dir = dir.parent_path()) {
    server->made_dirs_.push_back(dir.string());
  }
  for (auto dir = server->made_dirs_.rbegin(); dir != server->made_dirs_.rend(); ++dir) {
    if (mkdir(dir->c_str(), 0750) != 0 && errno != EEXIST) {
      return absl::UnavailableError(absl::StrCat("cannot create ", *dir, ": ", std::strerror(errno)));
    }
  }
  if (!server->service_->Listen(path)) return absl::UnavailableError(absl::StrCat("cannot listen on ", path));
  chmod(path.c_str(), 0600);
  struct stat info;
  server->path_ = path;
  if (lstat(path.c_str(), &info) == 0) server->inode_ = info.st_ino;
  return server;
}

PodsApiServer::~PodsApiServer() {
  service_.reset();
  Unlink();
}

void PodsApiServer::Unlink() const {
  struct stat info;
  // Somebody may have put a socket of their own there meanwhile.
  if (!path_.empty() && lstat(path_.c_str(), &info) == 0 && info.st_ino == inode_) unlink(path_.c_str());
  for (const std::string& dir : made_dirs_) rmdir(dir.c_str());
}

void PodsApiServer::SetPod(const core::Pod& pod) { service_->Set(pod); }

void PodsApiServer::RemovePod(const std::string& uid) { service_->Remove(uid); }

}  // namespace sidecar_shim::run
