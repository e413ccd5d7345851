#include "shim/relay/listener.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim {
namespace {

constexpr int kFirstInheritedFd = 3;  // sd_listen_fds(3)
// A client that finds the backlog full fails: connecting to a unix socket does not wait.
constexpr int kBacklog = 1024;
constexpr int kAcceptedInATurn = 64;
constexpr Duration kPause = std::chrono::milliseconds(100);
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kNoRightsForOthers = 0770;
constexpr mode_t kDirectoryMode = 0755;

absl::Status Failed(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

std::string ParentOf(const std::string& path) { return std::filesystem::path(path).parent_path(); }

// Like mkdir -p. Every user may pass through these directories; the socket's own mode says who may connect.
absl::Status MakeDirectory(const std::string& directory) {
  if (directory.empty() || mkdir(directory.c_str(), kDirectoryMode) == 0) return absl::OkStatus();
  if (errno == EEXIST) return absl::OkStatus();
  if (errno == ENOENT) {
    const absl::Status parent = MakeDirectory(ParentOf(directory));
    if (!parent.ok()) return parent;
    if (mkdir(directory.c_str(), kDirectoryMode) == 0) return absl::OkStatus();
  }
  return Failed(absl::StrCat("cannot create the directory ", directory, " for the socket"));
}

// The descriptor that systemd passed, -1 if none.
int InheritedFd() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  int value = 0;
  if (pid == nullptr || count == nullptr) return -1;
  if (!absl::SimpleAtoi(pid, &value) || value != getpid()) return -1;
  if (!absl::SimpleAtoi(count, &value) || value < 1) return -1;
  return kFirstInheritedFd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const std::string& path) {
  std::unique_ptr<Listener> listener(new Listener());
  listener->path_ = path;
  if (const int inherited = InheritedFd(); inherited >= 0) {
    listener->fd_ = inherited;
    listener->inherited_ = true;
    fcntl(inherited, F_SETFD, FD_CLOEXEC);
    fcntl(inherited, F_SETFL, fcntl(inherited, F_GETFL) | O_NONBLOCK);
    return listener;
  }
  const absl::StatusOr<sockaddr_un> address = UnixAddress(path);
  if (!address.ok()) return address.status();
  if (absl::Status made = MakeDirectory(ParentOf(path)); !made.ok()) return made;

  // The lock decides between two shims that start at once; a connection attempt finds any other owner.
  const std::string lock_path = path + ".lock";
  listener->lock_fd_ = open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, kPrivateMode);
  if (listener->lock_fd_ < 0) return Failed(absl::StrCat("cannot create ", lock_path));
  if (flock(listener->lock_fd_, LOCK_EX | LOCK_NB) != 0 || IsListening(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat("another process listens on ", path, "; stop it or choose another --listen"));
  }
  if (absl::Status removed = RemoveSocket(path); !removed.ok()) return removed;
  listener->fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener->fd_ < 0) return Failed("socket");
  // Before bind, so that the file never has wider rights.
  fchmod(listener->fd_, kPrivateMode);
  if (bind(listener->fd_, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return Failed(absl::StrCat("cannot bind ", path));
  }
  listener->inode_ = SocketInode(path);
  if (listen(listener->fd_, kBacklog) != 0) return Failed(absl::StrCat("cannot listen on ", path));
  return listener;
}

Listener::~Listener() {
  Stop();
  if (fd_ >= 0) close(fd_);
  if (inode_ != 0) unlink((path_ + ".lock").c_str());
  if (lock_fd_ >= 0) close(lock_fd_);
}

void Listener::RemoveOwnSocket() {
  if (inode_ != 0 && SocketInode(path_) == inode_) unlink(path_.c_str());
}

bool Listener::AdoptOwnership(const std::string& runtime_path) {
  if (inherited_) return true;  // systemd's .socket unit sets owner and mode
  struct stat runtime {};
  if (stat(runtime_path.c_str(), &runtime) != 0 || !S_ISSOCK(runtime.st_mode)) return false;
  if (lchown(path_.c_str(), runtime.st_uid, runtime.st_gid) != 0 ||
      chmod(path_.c_str(), runtime.st_mode & kNoRightsForOthers) != 0) {
    spdlog::warn("cannot give {} the owner and mode of {}: {}", path_, runtime_path, std::strerror(errno));
  }
  return true;
}

void Listener::Start(Loop& loop, std::function<void(int fd)> accept) {
  loop_ = &loop;
  accept_ = std::move(accept);
  pause_.emplace(loop);
  watch_.emplace(loop, fd_, true, false, static_cast<Loop::Watch::Observer&>(*this));
}

void Listener::Stop() {
  watch_.reset();
  pause_.reset();
  // In systemd's socket new connections queue for the next shim.
  if (inherited_ || fd_ < 0) return;
  RemoveOwnSocket();
  close(std::exchange(fd_, -1));
}

void Listener::OnReady(bool /*can_read*/, bool /*can_write*/) {
  for (int i = 0; i < kAcceptedInATurn && Accept(); ++i) {
  }
}

bool Listener::Accept() {
  const int connection = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection >= 0) {
    accept_(connection);
    return true;
  }
  if (errno == EMFILE || errno == ENFILE) {
    spdlog::error("out of file descriptors; connections wait until some are closed");
    watch_->Want(false, false);
    pause_->Start(loop_->Now() + kPause, [this] { watch_->Want(true, false); });
  }
  return false;
}

}  // namespace sidecar_shim
