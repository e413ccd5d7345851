#include "shim/core/exit_watcher.h"

#include <spdlog/spdlog.h>

#include "containerd_events.pb.h"

namespace sidecar_shim {
namespace {

namespace events = containerd::services::events::v1;

constexpr const char* kSubscribe = "/containerd.services.events.v1.Events/Subscribe";
constexpr const char* kExitTopic = "/tasks/exit";
constexpr Duration kRetry = std::chrono::milliseconds(500);

grpc::ByteBuffer SubscribeRequest() {
  events::SubscribeRequest request;
  request.add_filters("topic==\"/tasks/exit\",namespace==k8s.io");
  return ToBytes(request);
}

}  // namespace

ExitWatcher::ExitWatcher(Loop& loop, Upstream& upstream, Conductor& conductor, Reconciler& reconciler)
    : conductor_(conductor),
      reconciler_(reconciler),
      second_look_(loop),
      subscription_(loop, upstream, kSubscribe, SubscribeRequest(), kRetry,
                    {.on_sent = [this] { OnSent(); },
                     .on_message = [this](const grpc::ByteBuffer& message) { OnMessage(message); },
                     .on_end = [this](const grpc::Status& status) { OnEnd(status); }}) {}

void ExitWatcher::Stop() {
  second_look_.Cancel();
  subscription_.Stop();
}

void ExitWatcher::OnSent() {
  reconciler_.SetEventsFlow(true);
  // The server tells not when the subscription holds. What ends before that is
  // found by looking: now, and once more when it surely holds.
  reconciler_.Hint();
  second_look_.Start(Loop::Now() + std::chrono::seconds(1), [this] { reconciler_.Hint(); });
}

void ExitWatcher::OnMessage(const grpc::ByteBuffer& message) {
  events::Envelope envelope;
  events::TaskExit exit;
  if (!FromBytes(message, envelope) || envelope.topic() != kExitTopic ||
      !exit.ParseFromString(envelope.event().value()) || exit.id() != exit.container_id()) {
    return;
  }
  complained_ = false;
  const policy::RuntimeTime finished_at =
      exit.exited_at().seconds() * 1'000'000'000 + exit.exited_at().nanos();
  conductor_.Feed(
      policy::ContainerExited{exit.container_id(), static_cast<int32_t>(exit.exit_status()), finished_at});
}

void ExitWatcher::OnEnd(const grpc::Status& status) {
  reconciler_.SetEventsFlow(false);
  if (!complained_ && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    spdlog::warn("the runtime's event service ended ({}); exits are learnt by asking until it is back",
                 status.error_message());
    complained_ = true;
  }
}

}  // namespace sidecar_shim
