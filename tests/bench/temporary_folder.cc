#include "tests/bench/temporary_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/bench/messages.h"

namespace sidecar_shim::bench {

namespace {

pid_t worker = 0;

// A terminal signals both processes, others only this one.
void EndWorker(int) { kill(worker, SIGKILL); }

// Relays that the worker did not stop have become this process's children.
void KillOrphans() {
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  for (pid_t orphan; children >> orphan;) kill(orphan, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace

int InTemporaryFolder(const std::function<int(const std::string&)>& work) {
  char folder[] = "/tmp/relay_bench.XXXXXX";
  if (mkdtemp(folder) == nullptr) Die("cannot create a temporary folder");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  fflush(stdout);
  worker = fork();
  if (worker < 0) Die("cannot fork");
  if (worker == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exit(work(folder));
  }
  struct sigaction action = {};
  action.sa_handler = EndWorker;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) sigaction(number, &action, nullptr);
  int status = 0;
  waitpid(worker, &status, 0);
  KillOrphans();
  std::filesystem::remove_all(folder);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace sidecar_shim::bench
