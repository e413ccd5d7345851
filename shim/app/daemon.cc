#include "shim/app/daemon.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <thread>
#include <utility>

#include "shim/actuators/decision_log.h"
#include "shim/actuators/stopper.h"
#include "shim/app/make_sources.h"
#include "shim/base/grpc_loop.h"
#include "shim/base/notify.h"
#include "shim/base/unix_socket.h"
#include "shim/cri/grpc_runtime.h"
#include "shim/cri/watchdog.h"
#include "shim/handlers/context.h"
#include "shim/http/curl_client.h"
#include "shim/observers/exit_watcher.h"
#include "shim/relay/listener.h"
#include "shim/relay/relay.h"

namespace sidecar_shim {
namespace {

// If the runtime does not answer by then, the socket opens all the same: calls
// fail with UNAVAILABLE and a text instead of hanging.
constexpr Duration kStartPatience = std::chrono::seconds(3);
constexpr Duration kOwnershipRetry = std::chrono::seconds(1);
// Large lists leave the allocator with memory that nobody needs any more.
constexpr Duration kTrimPeriod = std::chrono::seconds(10);

}  // namespace

struct Daemon::Parts {
  explicit Parts(const DaemonConfig& daemon_config)
      : config(daemon_config), runtime_channel(config.runtime), image_channel(config.image_service) {}

  void Build();
  void OpenSocket();
  void AdoptOwnership();
  void TrimMemory();
  void Drain();
  void Teardown();

  const DaemonConfig config;
  Upstream runtime_channel;
  Upstream image_channel;
  Relay relay{runtime_channel, image_channel};
  std::unique_ptr<Listener> listener;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<GrpcLoop> loop;
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
  std::unique_ptr<Watchdog> runtime_watchdog;
  std::unique_ptr<Watchdog> image_watchdog;
  std::unique_ptr<Loop::Timer> start_timer;
  std::unique_ptr<Loop::Timer> ownership_timer;
  std::unique_ptr<Loop::Timer> trim_timer;
  uint64_t calls_at_trim = 0;
  bool open = false;
  bool draining = false;
  std::atomic<bool> shutdown_asked{false};
  std::thread server_shutdown;
};

void Daemon::Parts::Build() {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.RegisterAsyncGenericService(&relay.service());
  acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  grpc::ServerCompletionQueue* const server_queue = queue.get();
  loop = std::make_unique<GrpcLoop>(std::move(queue));
  server = builder.BuildAndStart();

  worker = std::make_unique<Worker>();
  http = std::make_unique<CurlClient>(*loop);
  driver = std::make_unique<PolicyDriver>(*loop, config.policy);
  runtime = std::make_unique<GrpcRuntime>(*loop, runtime_channel);
  specs = std::make_unique<SpecResolver>(*loop, *driver, counters, node_address);
  AddSources(config, *loop, *http, *worker, counters, *specs);
  reconciler = std::make_unique<Reconciler>(*loop, *driver, *runtime, *specs);
  launcher = std::make_unique<Launcher>(*driver, *runtime, *worker);
  stopper = std::make_unique<Stopper>(*loop, *driver, *runtime, *http, node_address);
  prober = std::make_unique<Prober>(*loop, *driver, *runtime, *http, node_address);
  driver->SetActuators(*launcher, *stopper, *prober, notes);
  exits = std::make_unique<ExitWatcher>(*loop, runtime_channel, *driver, *reconciler);
  handlers = std::make_unique<HandlerContext>(
      HandlerContext{*loop, *driver, *launcher, *reconciler, *specs, *prober});
  runtime_watchdog =
      std::make_unique<Watchdog>(*loop, runtime_channel, config.runtime_silence, config.runtime_patience);
  image_watchdog =
      std::make_unique<Watchdog>(*loop, image_channel, config.runtime_silence, config.runtime_patience);
  start_timer = std::make_unique<Loop::Timer>(*loop);
  ownership_timer = std::make_unique<Loop::Timer>(*loop);
  trim_timer = std::make_unique<Loop::Timer>(*loop);

  relay.Start(*loop, server_queue, MakeHandlers(*handlers));
}

void Daemon::Parts::OpenSocket() {
  if (std::exchange(open, true) || draining) return;
  start_timer->Cancel();
  AdoptOwnership();
  listener->Start(std::move(acceptor));
  spdlog::info("sidecar-shim {} serves on unix://{} for {}", SIDECAR_SHIM_VERSION, config.listen,
               config.runtime);
  Notify("READY=1");
  TrimMemory();
}

void Daemon::Parts::TrimMemory() {
  const uint64_t calls = relay.accepted_calls();
  if (std::exchange(calls_at_trim, calls) != calls) worker->Run([] { malloc_trim(0); });
  trim_timer->Start(loop->Now() + kTrimPeriod, [this] { TrimMemory(); });
}

void Daemon::Parts::AdoptOwnership() {
  if (listener->AdoptOwnership(*UnixPath(config.runtime))) return;
  ownership_timer->Start(loop->Now() + kOwnershipRetry, [this] { AdoptOwnership(); });
}

void Daemon::Parts::Drain() {
  if (std::exchange(draining, true)) return;
  Notify("STOPPING=1");
  spdlog::info("shutting down: {} calls under way; {}", relay.live_calls(), counters.ToString());
  listener->Stop();
  start_timer->Cancel();
  ownership_timer->Cancel();
  trim_timer->Cancel();
  exits->Stop();
  // First the driver: the calls that the others let go ask it.
  driver->Stop();
  reconciler->Stop();
  specs->StopWaiting();
  relay.BeginShutdown();
  // Blocks until the calls have ended or the grace is over, then cancels what
  // is left; so it needs a thread of its own beside the loop.
  server_shutdown = std::thread([this] {
    server->Shutdown(loop->WallNow() + config.shutdown_grace);
    loop->Post([this] { Teardown(); });
  });
}

void Daemon::Parts::Teardown() {
  runtime_watchdog->Stop();
  image_watchdog->Stop();
  runtime->CancelAll();
  prober->StopAll();
  http->Stop();
  worker->Stop();
  specs->Stop();
  loop->Shutdown();
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() {
  if (parts_->server_shutdown.joinable()) parts_->server_shutdown.join();
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Create(const DaemonConfig& config) {
  absl::StatusOr<std::unique_ptr<Listener>> listener = Listener::Open(config.listen);
  if (!listener.ok()) return listener.status();
  auto parts = std::make_unique<Parts>(config);
  parts->listener = *std::move(listener);
  parts->Build();
  return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

void Daemon::Run() {
  Parts& parts = *parts_;
  parts.loop->Post([&parts] {
    // Told to stop before it began: nothing may begin that nobody would end.
    if (parts.draining) return;
    parts.runtime_channel.OnNextActivity([&parts] { parts.reconciler->OnRuntimeAnswers(); });
    parts.exits->Start();
    parts.reconciler->Start([&parts](bool ok) {
      if (!ok)
        spdlog::warn("the runtime does not answer on {} yet; its calls fail until it does",
                     parts.config.runtime);
      parts.OpenSocket();
    });
    parts.start_timer->Start(parts.loop->Now() + kStartPatience, [&parts] { parts.OpenSocket(); });
  });
  parts.loop->Run();
}

void Daemon::Shutdown() {
  if (parts_->shutdown_asked.exchange(true)) return;
  parts_->loop->Post([this] { parts_->Drain(); });
}

void Daemon::LogCounters() {
  parts_->loop->Post([this] {
    spdlog::info("counters: {} pods={} waiting={} live_calls={}", parts_->counters.ToString(),
                 parts_->driver->engine().PodCount(), parts_->driver->engine().WaitingCount(),
                 parts_->relay.live_calls());
  });
}

}  // namespace sidecar_shim
