#include "shim/base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

constexpr size_t kLargestOutput = 1 << 20;
constexpr size_t kErrorTail = 500;
constexpr Duration kStopPoll = std::chrono::milliseconds(50);  // how often `stop` is read

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void CloseRead() { Close(ends[0]); }
  void CloseWrite() { Close(ends[1]); }
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int ends[2];
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    const bool replaced = std::any_of(added.begin(), added.end(), [&text](const auto& pair) {
      return text.substr(0, text.find('=')) == pair.first;
    });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(absl::StrCat(name, "=", value));
  return all;
}

// In a process group of its own, so that its children can be killed with it; with
// no blocked signals and no descriptors of the shim.
absl::StatusOr<pid_t> Spawn(const ChildCommand& command, const Pipe& out, const Pipe& err) {
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> env = Environment(command.env);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int failed =
      posix_spawnp(&pid, argv[0].c_str(), &actions, &attributes, Pointers(argv).data(), Pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return absl::UnavailableError(absl::StrCat("cannot run ", command.argv[0], ": ", std::strerror(failed)));
  }
  return pid;
}

// Reads what is available; false at the end.
bool ReadSome(int fd, std::string& into) {
  char piece[16 * 1024];
  const ssize_t got = read(fd, piece, sizeof(piece));
  if (got < 0) return errno == EINTR;
  into.append(piece, static_cast<size_t>(got));
  return got > 0;
}

// Until both pipes have ended.
absl::Status Collect(Pipe& out, Pipe& err, Time deadline, const std::atomic<bool>& stop, std::string& output,
                     std::string& errors) {
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    if (stop) return absl::CancelledError("shutting down");
    if (MonotonicNow() >= deadline) return absl::DeadlineExceededError("did not end in time");
    // poll() ignores descriptors below 0.
    pollfd waits[] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
    poll(waits, 2,
         static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kStopPoll).count()));
    if (waits[0].revents != 0 && !ReadSome(out.ends[0], output)) out.CloseRead();
    if (waits[1].revents != 0 && !ReadSome(err.ends[0], errors)) err.CloseRead();
    if (output.size() > kLargestOutput) return absl::ResourceExhaustedError("wrote more than 1 MiB");
    if (errors.size() > kErrorTail) errors.erase(0, errors.size() - kErrorTail);
  }
  return absl::OkStatus();
}

// Waits for a child that has closed its output, within the same time limit.
int Wait(pid_t pid, Time deadline, const std::atomic<bool>& stop) {
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return 0;
    if (stop || MonotonicNow() >= deadline) {
      kill(-pid, SIGKILL);
      while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
      return status;
    }
    usleep(1000);
  }
}

}  // namespace

absl::StatusOr<std::string> RunChild(const ChildCommand& command, const std::atomic<bool>& stop) {
  const Time deadline = MonotonicNow() + command.timeout;
  Pipe out;
  Pipe err;
  if (out.ends[0] < 0 || err.ends[0] < 0) return absl::UnavailableError("no pipe");
  const absl::StatusOr<pid_t> pid = Spawn(command, out, err);
  if (!pid.ok()) return pid.status();
  out.CloseWrite();
  err.CloseWrite();
  std::string output;
  std::string errors;
  const absl::Status collected = Collect(out, err, deadline, stop, output, errors);
  if (!collected.ok()) kill(-*pid, SIGKILL);
  const int status = Wait(*pid, deadline, stop);
  const std::string tail(absl::StripAsciiWhitespace(errors));
  const std::string detail = tail.empty() ? "" : absl::StrCat(": ", tail);
  if (!collected.ok())
    return absl::UnavailableError(
        absl::StrCat(command.argv[0], " ", std::string(collected.message()), detail));
  if (WIFSIGNALED(status))
    return absl::UnavailableError(
        absl::StrCat(command.argv[0], " was killed by signal ", WTERMSIG(status), detail));
  if (WEXITSTATUS(status) != 0)
    return absl::UnavailableError(
        absl::StrCat(command.argv[0], " ended with exit code ", WEXITSTATUS(status), detail));
  return output;
}

}  // namespace sidecar_shim
