// The events that `run` prints while the pod runs.
#ifndef SIDECAR_SHIM_SHIM_RUN_EVENTS_H_
#define SIDECAR_SHIM_SHIM_RUN_EVENTS_H_

#include <functional>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sidecar_shim::run {

struct Event {
  enum class Kind {
    kInfo,
    kSandbox,
    kImage,
    kCreated,
    kStarted,
    kRefused,  // CreateContainer failed
    kFailed,   // another step of starting a container failed
    kAdopted,  // another client, the shim in general, has started the container
    kExited,
    kStopping,
    kPhase,
    kWarning,
  };
  Kind kind = Kind::kInfo;
  absl::Time time;
  std::string who;   // a container's name, "pod" or "sandbox"
  std::string what;  // error texts of the runtime in full
};

using EventSink = std::function<void(const Event&)>;

// Adds the time to events and passes them to the sink one at a time. Thread-safe; the sink must not call
// Emit().
class EventLog {
 public:
  explicit EventLog(EventSink sink) : sink_(std::move(sink)) {}

  void Emit(Event::Kind kind, absl::string_view who, absl::string_view what);

 private:
  std::mutex mutex_;  // guards what follows
  const EventSink sink_;
};

// "   1.042  main          created 0a1b2c3d", without a newline at the end; further lines of the text are
// indented to the first.
std::string FormatEvent(const Event& event, absl::Time start, size_t who_width);

// The first 12 characters of a runtime's id.
std::string ShortId(absl::string_view id);

// Seconds since `start` with milliseconds: "1.042".
std::string FormatOffset(absl::Time time, absl::Time start);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_EVENTS_H_
