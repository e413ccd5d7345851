#include "tests/bench/child.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include <fstream>

#include "tests/bench/messages.h"

extern char** environ;

namespace sidecar_shim::bench {

Child::Child(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
    Die("cannot run " + arguments[0]);
}

Child::~Child() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

double Child::CpuMicroseconds() const {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0)
    Die("a child process has ended");
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int64_t Child::Memory(const std::string& name) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
  }
  Die("no " + name + " of a child");
}

void Child::ForgetPeak() const {
  std::ofstream clear("/proc/" + std::to_string(pid_) + "/clear_refs");
  if (!(clear << "5" << std::flush)) Die("cannot reset VmHWM of a child");
}

}  // namespace sidecar_shim::bench
