#include "shim/run/timeline_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim::run {
namespace {

using Json = nlohmann::ordered_json;

Json Seconds(absl::Time time, absl::Time start) {
  if (!Happened(time)) return nullptr;
  return static_cast<double>(absl::ToInt64Microseconds(time - start)) / 1e6;
}

Json AttemptJson(const Attempt& attempt, absl::Time start) {
  Json json;
  json["attempt"] = attempt.id.empty() ? Json(nullptr) : Json(attempt.number);
  json["id"] = attempt.id;
  json["firstRefused"] = Seconds(attempt.first_refused, start);
  json["refusals"] = attempt.refusals;
  json["refusal"] = attempt.refusal;
  json["created"] = Seconds(attempt.created, start);
  json["started"] = Seconds(attempt.started, start);
  json["finished"] = Seconds(attempt.finished, start);
  json["exitCode"] = attempt.exited ? Json(attempt.exit_code) : Json(nullptr);
  json["reportedExitCode"] = attempt.exited ? Json(attempt.reported) : Json(nullptr);
  json["reason"] = attempt.reason;
  json["masked"] = attempt.masked;
  json["adopted"] = attempt.adopted;
  return json;
}

}  // namespace

std::string RenderJson(const Timeline& timeline) {
  Json json;
  json["namespace"] = timeline.name_space;
  json["pod"] = timeline.pod;
  json["uid"] = timeline.uid;
  json["phase"] = timeline.phase;
  json["ending"] = timeline.ending;
  json["start"] = absl::FormatTime(absl::RFC3339_full, timeline.start, absl::UTCTimeZone());
  json["duration"] = Seconds(timeline.end, timeline.start);
  json["containers"] = Json::array();
  for (const TimelineRow& row : timeline.rows) {
    Json container;
    container["name"] = row.name;
    container["role"] = row.role;
    int64_t priority = 0;
    container["priority"] = absl::SimpleAtoi(row.priority, &priority) ? Json(priority) : Json(nullptr);
    container["attempts"] = Json::array();
    for (const Attempt& attempt : row.attempts)
      container["attempts"].push_back(AttemptJson(attempt, timeline.start));
    json["containers"].push_back(container);
  }
  // A runtime's error texts need not be UTF-8.
  return absl::StrCat(json.dump(2, ' ', false, Json::error_handler_t::replace), "\n");
}

}  // namespace sidecar_shim::run
