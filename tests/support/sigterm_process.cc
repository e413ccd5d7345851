#include "tests/support/sigterm_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace sidecar_shim::testing {
namespace {

// A shell installs its handler when it executes `trap`.
constexpr char kScript[] = "read go; trap : TERM; read end";

}  // namespace

SigtermProcess::SigtermProcess() {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, pipe_ends[0], STDIN_FILENO);
  // What this process ignores or blocks (other tests, its parent) must not be inherited.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  std::array<char*, 4> argv{const_cast<char*>("sh"), const_cast<char*>("-c"), const_cast<char*>(kScript),
                            nullptr};
  if (posix_spawn(&pid_, "/bin/sh", &files, &attributes, argv.data(), environ) != 0) std::abort();
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(pipe_ends[0]);
  stdin_ = pipe_ends[1];
}

SigtermProcess::~SigtermProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(stdin_);
}

void SigtermProcess::InstallHandler() {
  if (write(stdin_, "go\n", 3) != 3) std::abort();
}

}  // namespace sidecar_shim::testing
