// ContainerStatus, PodSandboxStatus, GetContainerEvents: relayed unchanged, except for masked exits. An
// exit in a response is reported to the policy before the caller gets it. Until the runtime's state has been
// read, the shim does not know which exits are masked; as kubelet never revises what it concluded from an
// exit code, a response with an exit is held until then.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "shim/cri/convert.h"
#include "shim/cri/status_scan.h"
#include "shim/handlers/context.h"
#include "shim/handlers/mask.h"

namespace sidecar_shim {
namespace {

// The key of the real exit in the info map of a verbose response.
constexpr const char* kInfoKey = "sidecar-shim";
// How long one response is held until the runtime's state has been read.
constexpr Duration kHoldTimeout = std::chrono::seconds(5);

bool HasExited(const runtime::v1::ContainerStatus& status) {
  return status.state() == runtime::v1::CONTAINER_EXITED;
}

// The caller acts on this exit, so the policy has to know it.
void NoteExit(PolicyDriver& driver, const runtime::v1::ContainerStatus& status) {
  const policy::ContainerRecord* record = driver.engine().FindContainer(policy::ContainerId(status.id()));
  if (!HasExited(status) || record == nullptr) return;
  if (record->state == policy::RunState::kExited && record->exit->code == status.exit_code()) return;
  if (status.started_at() > 0 && !record->started)
    driver.Post(policy::ContainerStarted{policy::ContainerId(status.id())});
  driver.Post(ToContainerExited(status));
}

// A tenth of the caller's time is left for sending the response.
void WaitForReading(HandlerContext& context, Time deadline, std::function<void()> then) {
  const Duration rest = deadline == Time::max() ? kHoldTimeout : (deadline - context.loop.Now()) / 10 * 9;
  context.reconciler.WhenReady(std::clamp<Duration>(rest, Duration{0}, kHoldTimeout), std::move(then));
}

class ContainerStatusHandler : public CallHandler {
 public:
  explicit ContainerStatusHandler(HandlerContext& context) : context_(context) {}

  void OnRequest(RelayedCall& call) override {
    deadline_ = call.deadline();
    FromBytes(call.request(), request_);
    call.Forward();
  }

  ResponseWanted Response() override { return ResponseWanted::kWhole; }

  bool HoldResponse(std::string_view bytes, std::function<void()> release) override {
    runtime::v1::ContainerStatusResponse response;
    if (!context_.reconciler.IsPending() || !FromBytes(bytes, response)) return false;
    if (!HasExited(response.status())) return false;
    WaitForReading(context_, deadline_, std::move(release));
    return true;
  }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    // Most containers run, and kubelet looks at each every few seconds.
    if (!MayHaveExited(bytes)) return std::nullopt;
    runtime::v1::ContainerStatusResponse response;
    if (!FromBytes(bytes, response)) return std::nullopt;
    NoteExit(context_.driver, response.status());
    if (!MayMask()) return std::nullopt;
    const std::optional<std::string> real = MaskStatus(context_.driver, *response.mutable_status());
    if (!real) return std::nullopt;
    if (request_.verbose()) (*response.mutable_info())[kInfoKey] = *real;
    return ToBytes(response);
  }

 private:
  // A container that is not found by the caller's id, which may be abbreviated, is looked up by the
  // response's.
  bool MayMask() const {
    const policy::Engine& engine = context_.driver.engine();
    const policy::ContainerId id = engine.FullContainerId(policy::ContainerId(request_.container_id()));
    return engine.FindContainer(id) == nullptr || engine.MayMask(id);
  }

  HandlerContext& context_;
  runtime::v1::ContainerStatusRequest request_;
  Time deadline_ = Time::max();
};

// Masks every container status in a message; true if any was changed.
template <typename Message>
bool MaskAll(const PolicyDriver& driver, Message& message) {
  bool changed = false;
  for (runtime::v1::ContainerStatus& status : *message.mutable_containers_statuses()) {
    changed |= MaskStatus(driver, status).has_value();
  }
  return changed;
}

template <typename Message>
class StatusesHandler : public CallHandler {
 public:
  explicit StatusesHandler(HandlerContext& context) : context_(context) {}

  // That of a stream passes: it says nothing, and its deadline is not that of one message.
  bool WantsRequest() const override {
    return std::is_same_v<Message, runtime::v1::PodSandboxStatusResponse>;
  }

  void OnRequest(RelayedCall& call) override {
    deadline_ = call.deadline();
    call.Forward();
  }

  ResponseWanted Response() override { return ResponseWanted::kWhole; }

  bool HoldResponse(std::string_view bytes, std::function<void()> release) override {
    Message message;
    if (!context_.reconciler.IsPending() || !FromBytes(bytes, message)) return false;
    const auto& statuses = message.containers_statuses();
    if (std::none_of(statuses.begin(), statuses.end(), &HasExited)) return false;
    WaitForReading(context_, deadline_, std::move(release));
    return true;
  }

  std::optional<std::string> OnResponse(std::string_view bytes) override {
    Message message;
    if (!FromBytes(bytes, message)) return std::nullopt;
    for (const runtime::v1::ContainerStatus& status : message.containers_statuses()) {
      NoteExit(context_.driver, status);
    }
    if (!MaskAll(context_.driver, message)) return std::nullopt;
    return ToBytes(message);
  }

 private:
  HandlerContext& context_;
  Time deadline_ = Time::max();
};

}  // namespace

std::unique_ptr<CallHandler> MakeContainerStatusHandler(HandlerContext& context) {
  return std::make_unique<ContainerStatusHandler>(context);
}

std::unique_ptr<CallHandler> MakePodSandboxStatusHandler(HandlerContext& context) {
  return std::make_unique<StatusesHandler<runtime::v1::PodSandboxStatusResponse>>(context);
}

std::unique_ptr<CallHandler> MakeContainerEventsHandler(HandlerContext& context) {
  return std::make_unique<StatusesHandler<runtime::v1::ContainerEventResponse>>(context);
}

}  // namespace sidecar_shim
