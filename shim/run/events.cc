#include "shim/run/events.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"

namespace sidecar_shim::run {

void EventLog::Emit(Event::Kind kind, absl::string_view who, absl::string_view what) {
  std::lock_guard lock(mutex_);
  sink_(Event{kind, absl::Now(), std::string(who), std::string(what)});
}

std::string FormatEvent(const Event& event, absl::Time start, size_t who_width) {
  std::string head =
      absl::StrFormat("%9s  %-*s  ", FormatOffset(event.time, start), static_cast<int>(who_width), event.who);
  std::string indent = absl::StrCat("\n", std::string(head.size(), ' '));
  return absl::StrCat(head, absl::StrReplaceAll(event.what, {{"\n", indent}}));
}

std::string ShortId(absl::string_view id) { return std::string(id.substr(0, 12)); }

std::string FormatOffset(absl::Time time, absl::Time start) {
  return absl::StrFormat("%.3f", absl::ToDoubleSeconds(time - start));
}

}  // namespace sidecar_shim::run
