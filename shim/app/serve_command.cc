#include "shim/app/serve_command.h"

#include <spdlog/spdlog.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "shim/app/config.h"
#include "shim/app/config_file.h"
#include "shim/app/daemon.h"
#include "shim/app/options.h"
#include "shim/base/log.h"

namespace sidecar_shim {
namespace {

struct ServeFlags {
  config::Config config;
  std::string config_file;
  bool check_only = false;
};

void AddFlag(CLI::App& command, const Option& option, const std::shared_ptr<ServeFlags>& flags) {
  const std::string name = std::string("--") + option.name;
  CLI::Option* flag = nullptr;
  if (option.kind == OptionKind::kBool) {
    // CLI11 reads it, and so takes yes and 1 as well.
    flag = command.add_option_function<bool>(
        name, [flags, &option](bool value) { SetValue(flags->config, option, value ? "true" : "false"); },
        option.help);
  } else {
    flag = command.add_option_function<std::string>(
        name, [flags, &option](const std::string& value) { SetValue(flags->config, option, value); },
        option.help);
  }
  flag->default_str(option.default_value)->type_name(Placeholder(option.kind));
}

// The merged configuration; what is wrong with it goes to standard error.
std::optional<DaemonConfig> ReadConfig(const ServeFlags& flags) {
  absl::StatusOr<config::Config> file = config::Config();
  if (!flags.config_file.empty()) file = ParseConfigFile(flags.config_file);
  absl::StatusOr<DaemonConfig> config =
      file.ok() ? MakeDaemonConfig(*file, flags.config) : absl::StatusOr<DaemonConfig>(file.status());
  if (config.ok()) return *std::move(config);
  std::cerr << "sidecar-shim: " << config.status().message() << "\n";
  return std::nullopt;
}

int Serve(const ServeFlags& flags) {
  const std::optional<DaemonConfig> config = ReadConfig(flags);
  if (!config) return 2;
  if (flags.check_only) {
    std::cout << "configuration is valid\n";
    return 0;
  }
  SetUpLog(config->log_level, config->log_format);

  // Blocked before the first thread starts, so that all inherit it and sigwait() below gets every signal.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Create(*config);
  if (!daemon.ok()) {
    spdlog::error("{}", std::string(daemon.status().message()));
    return 1;
  }
  std::thread signal_thread([&signals, &daemon] {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGUSR1) (*daemon)->LogCounters();
    (*daemon)->Shutdown();
  });
  (*daemon)->Run();
  signal_thread.join();
  return 0;
}

}  // namespace

void AddServeCommand(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Serve CRI between kubelet and the runtime");
  for (const Option& option : AllOptions()) AddFlag(*command, option, flags);
  command->add_option("--config", flags->config_file,
                      "YAML file with the same keys as these flags; flags win");
  command->add_flag("--check-config", flags->check_only, "Check the configuration and exit");
  command->callback([flags, &exit_code] { exit_code = Serve(*flags); });
}

}  // namespace sidecar_shim
