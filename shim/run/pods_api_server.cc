#include "shim/run/pods_api_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim::run {

namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<PodsApiServer>> PodsApiServer::Start(const std::string& path) {
  if (absl::Status status = UnixAddress(path).status(); !status.ok()) return status;
  if (IsListening(path)) {
    return absl::AlreadyExistsError(absl::StrCat("another process listens on ", path));
  }
  if (absl::Status status = RemoveSocket(path); !status.ok()) return status;
  std::unique_ptr<PodsApiServer> server(new PodsApiServer());
  server->path_ = path;
  if (absl::Status status = server->MakeDirectories(); !status.ok()) return status;
  if (absl::Status status = server->Listen(); !status.ok()) return status;
  return server;
}

absl::Status PodsApiServer::MakeDirectories() {
  std::error_code error;
  for (fs::path dir = fs::path(path_).parent_path(); !dir.empty() && !fs::exists(dir, error);
       dir = dir.parent_path()) {
    made_dirs_.push_back(dir.string());
  }
  for (auto dir = made_dirs_.rbegin(); dir != made_dirs_.rend(); ++dir) {
    if (mkdir(dir->c_str(), 0750) != 0 && errno != EEXIST) {
      return absl::UnavailableError(absl::StrCat("cannot create ", *dir, ": ", std::strerror(errno)));
    }
  }
  return absl::OkStatus();
}

absl::Status PodsApiServer::Listen() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", path_), grpc::InsecureServerCredentials());
  builder.RegisterService(&service_);
  builder.SetMaxSendMessageSize(-1);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::UnavailableError(absl::StrCat("cannot listen on ", path_));
  chmod(path_.c_str(), 0600);
  inode_ = SocketInode(path_);
  return absl::OkStatus();
}

PodsApiServer::~PodsApiServer() {
  service_.Stop();
  if (server_ != nullptr) {
    server_->Shutdown();
    server_->Wait();
  }
  Unlink();
}

void PodsApiServer::Unlink() const {
  // Another process may have put a socket of its own there meanwhile.
  if (inode_ != 0 && SocketInode(path_) == inode_) unlink(path_.c_str());
  for (const std::string& dir : made_dirs_) rmdir(dir.c_str());
}

}  // namespace sidecar_shim::run
