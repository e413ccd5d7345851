#include "shim/app/serve_command.h"

#include <spdlog/spdlog.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "shim/app/config.h"
#include "shim/app/daemon.h"
#include "shim/base/log.h"

namespace sidecar_shim {
namespace {

struct ServeFlags {
  config::Config config;
  std::string config_file;
  bool check_only = false;
};

struct TextFlag {
  const char* name;
  const std::string& (config::Config::*get)() const;
  std::string* (config::Config::*mutable_value)();
  const char* help;
};

const TextFlag kTextFlags[] = {
    {"listen", &config::Config::listen, &config::Config::mutable_listen, "Socket that kubelet connects to"},
    {"runtime", &config::Config::runtime, &config::Config::mutable_runtime,
     "Socket of the container runtime"},
    {"image-service", &config::Config::image_service, &config::Config::mutable_image_service,
     "Socket of the image service; empty: the runtime's"},
    {"kubelet-root-dir", &config::Config::kubelet_root_dir, &config::Config::mutable_kubelet_root_dir,
     "kubelet's --root-dir; its PodsAPI socket is looked for there"},
    {"static-pod-path", &config::Config::static_pod_path, &config::Config::mutable_static_pod_path,
     "kubelet's staticPodPath; empty: where kubeadm, k3s and rke2 have it"},
    {"log-level", &config::Config::log_level, &config::Config::mutable_log_level,
     "debug, info, warn or error"},
    {"log-format", &config::Config::log_format, &config::Config::mutable_log_format, "text or json"},
    {"launch-gate", &config::Config::launch_gate, &config::Config::mutable_launch_gate,
     "When a container stops being waited for: ready (its probes pass) or running"},
    {"launch-timeout", &config::Config::launch_timeout, &config::Config::mutable_launch_timeout,
     "How long a container is held back at most; 0: for ever"},
    {"mask-exit-code", &config::Config::mask_exit_code, &config::Config::mutable_mask_exit_code,
     "Report sidecars that ended with their job as exit code 0: always, on-request "
     "(only with KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE=true) or never"},
    {"drain-delay", &config::Config::drain_delay, &config::Config::mutable_drain_delay,
     "Pause between the end of the main containers and the first stop of a sidecar"},
    {"restart-grace-period", &config::Config::restart_grace_period,
     &config::Config::mutable_restart_grace_period,
     "restartPolicy unknown: how long a failed main container may take to come back the first time"},
    {"quiet-period", &config::Config::quiet_period, &config::Config::mutable_quiet_period,
     "Container list unknown: how long a pod must have been quiet before its sidecars are stopped"},
    {"shutdown-grace", &config::Config::shutdown_grace, &config::Config::mutable_shutdown_grace,
     "On SIGTERM: how long calls under way may take to end"},
    {"sources", &config::Config::sources, &config::Config::mutable_sources,
     "Where the containers of a pod are learnt from, best first: auto (all), or some of pods-api, "
     "api-server, kubelet-pods, static-pod, annotation, podresources, separated by commas"},
    {"kubeconfig", &config::Config::kubeconfig, &config::Config::mutable_kubeconfig,
     "For the API server; empty: kubelet's own, where kubeadm, EKS, k3s and rke2 keep it"},
    {"node-name", &config::Config::node_name, &config::Config::mutable_node_name,
     "This node, where kubelet's certificate does not say it, and for its static pods and its port; "
     "empty: the host's name"},
    {"kubelet-pods-url", &config::Config::kubelet_pods_url, &config::Config::mutable_kubelet_pods_url,
     "kubelet's list of pods"},
    {"kubelet-token-file", &config::Config::kubelet_token_file, &config::Config::mutable_kubelet_token_file,
     "Token for a kubelet-pods-url with https"},
    {"kubelet-cert-file", &config::Config::kubelet_cert_file, &config::Config::mutable_kubelet_cert_file,
     "Client certificate for a kubelet-pods-url with https"},
    {"kubelet-key-file", &config::Config::kubelet_key_file, &config::Config::mutable_kubelet_key_file,
     "Its key"},
    {"kubelet-ca-file", &config::Config::kubelet_ca_file, &config::Config::mutable_kubelet_ca_file,
     "Who signed kubelet's serving certificate; empty: pki/kubelet.crt in kubelet's root directory"},
};

int Serve(const ServeFlags& flags) {
  config::Config file;
  if (!flags.config_file.empty()) {
    absl::StatusOr<config::Config> parsed = ParseConfigFile(flags.config_file);
    if (!parsed.ok()) {
      std::cerr << "sidecar-shim: " << parsed.status().message() << "\n";
      return 2;
    }
    file = *std::move(parsed);
  }
  const absl::StatusOr<DaemonConfig> config = MakeDaemonConfig(file, flags.config);
  if (!config.ok()) {
    std::cerr << "sidecar-shim: " << config.status().message() << "\n";
    return 2;
  }
  if (flags.check_only) {
    std::cout << "configuration is valid\n";
    return 0;
  }
  SetUpLog(config->log_level, config->log_format);

  // Blocked in all threads that follow; one thread takes them in order.
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
  const config::Config defaults = DefaultConfig();
  for (const TextFlag& flag : kTextFlags) {
    command
        ->add_option_function<std::string>(
            std::string("--") + flag.name,
            [flags, &flag](const std::string& value) { *(flags->config.*flag.mutable_value)() = value; },
            flag.help)
        ->default_str((defaults.*flag.get)());
  }
  command
      ->add_option_function<bool>(
          "--launch-ahead", [flags](bool value) { flags->config.set_launch_ahead(value); },
          "Start held containers as soon as their turn comes, instead of at kubelet's next try: true or "
          "false")
      ->default_str("true");
  command->add_option("--config", flags->config_file,
                      "YAML file with the same keys as these flags; flags win");
  command->add_flag("--check-config", flags->check_only, "Check the configuration and exit");
  command->callback([flags, &exit_code] { exit_code = Serve(*flags); });
}

}  // namespace sidecar_shim
