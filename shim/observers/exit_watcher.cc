#include "shim/observers/exit_watcher.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "containerd_events.pb.h"
#include "shim/cri/bytes.h"
#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

namespace events = containerd::services::events::v1;

constexpr const char* kSubscribe = "/containerd.services.events.v1.Events/Subscribe";
constexpr const char* kExitTopic = "/tasks/exit";
constexpr Duration kResubscribeAfter = std::chrono::milliseconds(500);
// A refused subscription has ended by then.
constexpr Duration kLastingAfter = std::chrono::seconds(1);

std::string SubscribeRequest() {
  events::SubscribeRequest request;
  request.add_filters("topic==\"/tasks/exit\",namespace==k8s.io");
  return ToBytes(request);
}

}  // namespace

ExitWatcher::ExitWatcher(Loop& loop, Upstream& upstream, PolicyDriver& driver, Reconciler& reconciler)
    : loop_(loop),
      driver_(driver),
      reconciler_(reconciler),
      lasting_(loop),
      subscription_(loop, upstream, kSubscribe, SubscribeRequest(), kResubscribeAfter,
                    {.on_sent = [this] { OnSent(); },
                     .on_message = [this](const std::string& message) { OnMessage(message); },
                     .on_end = [this](const grpc::Status& status) { OnEnd(status); }}) {}

void ExitWatcher::Stop() {
  lasting_.Cancel();
  subscription_.Stop();
}

void ExitWatcher::OnSent() {
  // The runtime is back: exits that were missed are found by reconciliation, now
  // and once more when the subscription is known to be accepted.
  if (served_) reconciler_.RequestPass();
  lasting_.Start(loop_.Now() + kLastingAfter, [this] { OnFlow(); });
}

void ExitWatcher::OnFlow() {
  if (std::exchange(flows_, true)) return;
  lasting_.Cancel();
  served_ = true;
  warned_ = false;
  reconciler_.SetEventsFlow(true);
  reconciler_.RequestPass();
}

void ExitWatcher::OnMessage(const std::string& message) {
  OnFlow();
  events::Envelope envelope;
  events::TaskExit exit;
  if (!FromBytes(message, envelope) || envelope.topic() != kExitTopic ||
      !exit.ParseFromString(envelope.event().value()) || exit.id() != exit.container_id()) {
    return;
  }
  const policy::RuntimeTime finished_at =
      ToRuntimeTime(exit.exited_at().seconds() * 1'000'000'000 + exit.exited_at().nanos());
  driver_.Post(policy::ContainerExited{policy::ContainerId(exit.container_id()),
                                       static_cast<int32_t>(exit.exit_status()), finished_at});
}

void ExitWatcher::OnEnd(const grpc::Status& status) {
  lasting_.Cancel();
  flows_ = false;
  reconciler_.SetEventsFlow(false);
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) served_ = false;
  if (!warned_ && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    spdlog::warn("the runtime's event service ended ({}); exits are polled for until it is back",
                 status.error_message());
    warned_ = true;
  }
}

}  // namespace sidecar_shim
