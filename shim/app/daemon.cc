#include "shim/app/daemon.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <thread>
#include <utility>

#include "shim/actuators/decision_log.h"
#include "shim/actuators/stopper.h"
#include "shim/app/make_sources.h"
#include "shim/base/channel.h"
#include "shim/base/epoll_loop.h"
#include "shim/base/notify.h"
#include "shim/base/unix_socket.h"
#include "shim/cri/grpc_runtime.h"
#include "shim/cri/watchdog.h"
#include "shim/handlers/context.h"
#include "shim/http/curl_client.h"
#include "shim/observers/exit_watcher.h"
#include "shim/relay/listener.h"
#include "shim/relay/relay.h"
#include "shim/specs/stamp_codec.h"

namespace sidecar_shim {
namespace {

// If the runtime's state is not read by then, the socket opens nevertheless: calls fail with UNAVAILABLE and
// a text that names the runtime, instead of hanging.
constexpr Duration kStartTimeout = std::chrono::seconds(3);
constexpr Duration kOwnershipRetry = std::chrono::seconds(1);
// The allocator keeps the memory of large lists of containers; it is given back to the kernel that often.
constexpr Duration kTrimPeriod = std::chrono::seconds(10);

}  // namespace

// In the order of construction; what comes later refers to what comes before.
struct Daemon::Parts {
  explicit Parts(const DaemonConfig& daemon_config)
      : config(daemon_config), runtime_channel(config.runtime), image_channel(config.image_service) {}

  void BuildParts();
  void OpenSocket();
  void AdoptOwnership();
  void TrimMemory();
  void Drain();
  void Teardown();

  const DaemonConfig config;
  EpollLoop the_loop;
  Loop* const loop = &the_loop;
  Upstream runtime_channel;
  Upstream image_channel;
  // What works on the loop.
  Counters counters;
  CountingDecisionLog notes{counters};
  NodeAddress node_address;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<CurlClient> http;
  std::unique_ptr<PolicyDriver> driver;
  std::unique_ptr<GrpcRuntime> runtime;
  std::unique_ptr<SpecResolver> specs;
  std::unique_ptr<Reconciler> reconciler;
  std::unique_ptr<Launcher> launcher;
  std::unique_ptr<Stopper> stopper;
  std::unique_ptr<Prober> prober;
  std::unique_ptr<ExitWatcher> exits;
  std::unique_ptr<HandlerContext> handlers;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Watchdog> runtime_watchdog;
  std::unique_ptr<Watchdog> image_watchdog;
  std::unique_ptr<Loop::Timer> start_timer;
  std::unique_ptr<Loop::Timer> ownership_timer;
  std::unique_ptr<Loop::Timer> trim_timer;
  // Loop thread only.
  uint64_t calls_at_trim = 0;
  bool open = false;
  bool draining = false;
  std::atomic<bool> shutdown_requested{false};
};

void Daemon::Parts::BuildParts() {
  worker = std::make_unique<Worker>();
  http = std::make_unique<CurlClient>(*loop);
  driver = std::make_unique<PolicyDriver>(*loop, config.policy);
  runtime = std::make_unique<GrpcRuntime>(*loop, runtime_channel);
  specs = std::make_unique<SpecResolver>(*loop, *driver, counters, node_address);
  AddSources(config, *loop, *http, *worker, counters, *specs);
  reconciler = std::make_unique<Reconciler>(*loop, *driver, *runtime, *specs);
  launcher = std::make_unique<Launcher>(*driver, *runtime, *worker, &EncodeStamp);
  stopper = std::make_unique<Stopper>(*loop, *driver, *runtime, *http, node_address);
  prober = std::make_unique<Prober>(*loop, *driver, *runtime, *http, node_address);
  driver->SetActuators(*launcher, *stopper, *prober, notes);
  exits = std::make_unique<ExitWatcher>(*loop, runtime_channel, *driver, *reconciler);
  handlers = std::make_unique<HandlerContext>(
      HandlerContext{*loop, *driver, *launcher, *reconciler, *specs, *prober});
  runtime_watchdog = std::make_unique<Watchdog>(*loop, runtime_channel, config.runtime_silence,
                                                config.runtime_query_timeout);
  image_watchdog =
      std::make_unique<Watchdog>(*loop, image_channel, config.runtime_silence, config.runtime_query_timeout);
  start_timer = std::make_unique<Loop::Timer>(*loop);
  ownership_timer = std::make_unique<Loop::Timer>(*loop);
  trim_timer = std::make_unique<Loop::Timer>(*loop);

  relay = std::make_unique<Relay>(*loop, runtime_channel, image_channel);
  relay->SetHandlers(MakeHandlers(*handlers));
}

void Daemon::Parts::OpenSocket() {
  if (std::exchange(open, true) || draining) return;
  start_timer->Cancel();
  AdoptOwnership();
  listener->Start(*loop, [this](int fd) { relay->Serve(fd); });
  spdlog::info("sidecar-shim {} serves on unix://{} for {}", SIDECAR_SHIM_VERSION, config.listen,
               config.runtime);
  Notify("READY=1");
  TrimMemory();
}

void Daemon::Parts::TrimMemory() {
  const uint64_t calls = relay->accepted_calls();
  if (std::exchange(calls_at_trim, calls) != calls) {
    relay->Trim();
    worker->Run([] { malloc_trim(0); });
  }
  trim_timer->Start(loop->Now() + kTrimPeriod, [this] { TrimMemory(); });
}

void Daemon::Parts::AdoptOwnership() {
  if (listener->AdoptOwnership(*UnixPath(config.runtime))) return;
  ownership_timer->Start(loop->Now() + kOwnershipRetry, [this] { AdoptOwnership(); });
}

// Steps 1 and 2 of the end (daemon.h).
void Daemon::Parts::Drain() {
  if (std::exchange(draining, true)) return;
  Notify("STOPPING=1");
  spdlog::info("shutting down: {} calls in progress; {}", relay->live_calls(), counters.ToString());
  listener->Stop();
  start_timer->Cancel();
  ownership_timer->Cancel();
  trim_timer->Cancel();
  exits->Stop();
  // The driver first: the calls that the others release submit to it, and are abandoned.
  driver->Stop();
  reconciler->Stop();
  specs->StopWaiting();
  relay->Shutdown(config.shutdown_grace, [this] { Teardown(); });
}

// Steps 3 and 4 of the end (daemon.h): cancels all operations of the shim's own that are still pending.
void Daemon::Parts::Teardown() {
  runtime_watchdog->Stop();
  image_watchdog->Stop();
  runtime->CancelAll();
  prober->StopAll();
  http->Stop();
  worker->Stop();
  specs->Stop();
  the_loop.Shutdown();
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() = default;

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Create(const DaemonConfig& config) {
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Open(config.listen);
  if (!listener.ok()) return listener.status();
  auto parts = std::make_unique<Parts>(config);
  parts->BuildParts();
  parts->listener = *std::move(listener);
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

void Daemon::Run() {
  Parts& parts = *parts_;
  parts.loop->Post([&parts] {
    // Shutdown() came before Run(): what starts now, Drain() would no longer stop.
    if (parts.draining) return;
    parts.runtime_channel.OnNextActivity([&parts] { parts.reconciler->OnRuntimeAnswers(); });
    parts.exits->Start();
    parts.reconciler->Start([&parts](bool ok) {
      if (!ok)
        spdlog::warn("the runtime does not answer on {} yet; its calls fail until it does",
                     parts.config.runtime);
      parts.OpenSocket();
    });
    parts.start_timer->Start(parts.loop->Now() + kStartTimeout, [&parts] { parts.OpenSocket(); });
  });
  parts.the_loop.Run();
}

void Daemon::Shutdown() {
  if (parts_->shutdown_requested.exchange(true)) return;
  parts_->loop->Post([this] { parts_->Drain(); });
}

void Daemon::LogCounters() {
  parts_->loop->Post([this] {
    spdlog::info("counters: {} pods={} waiting={} live_calls={}", parts_->counters.ToString(),
                 parts_->driver->engine().PodCount(), parts_->driver->engine().HeldCount(),
                 parts_->relay->live_calls());
  });
}

}  // namespace sidecar_shim
