#include "policy/settings.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/priority.h"

namespace sidecar_shim::policy {
namespace {

constexpr double kLongestSeconds = 10.0 * 365 * 24 * 3600;

struct Unit {
  absl::string_view name;
  double seconds;
};

// Longer names first: "ms" must not be read as "m".
constexpr Unit kUnits[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"h", 3600}, {"m", 60}, {"s", 1}};

const std::string* FindAnnotation(const Annotations& annotations, absl::string_view key) {
  auto it = annotations.find(std::string(key));
  return it == annotations.end() ? nullptr : &it->second;
}

void ReadDuration(const Annotations& annotations, absl::string_view key, Duration& value,
                  std::vector<std::string>& warnings) {
  const std::string* text = FindAnnotation(annotations, key);
  if (text == nullptr) return;
  if (std::optional<Duration> parsed = ParseDuration(*text)) {
    value = *parsed;
  } else {
    warnings.push_back(absl::StrCat("annotation ", key, ": \"", *text,
                                    "\" is not a duration such as \"30s\" or \"5m\"; the default holds"));
  }
}

}  // namespace

std::optional<Duration> ParseDuration(absl::string_view text) {
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const size_t digits = text.find_first_not_of("0123456789.");
    double number = 0;
    if (digits == 0 || digits == absl::string_view::npos ||
        !absl::SimpleAtod(text.substr(0, digits), &number)) {
      return std::nullopt;
    }
    text.remove_prefix(digits);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (absl::StartsWith(text, candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return std::nullopt;
    text.remove_prefix(unit->name.size());
    seconds += number * unit->seconds;
    if (seconds > kLongestSeconds) return std::nullopt;
  }
  return Duration(static_cast<int64_t>(std::llround(seconds * 1e9)));
}

std::optional<LaunchGate> ParseLaunchGate(absl::string_view text) {
  if (text == "ready") return LaunchGate::kReady;
  if (text == "running") return LaunchGate::kRunning;
  return std::nullopt;
}

PodSettings ReadPodSettings(const Options& options, const Annotations& pod_annotations,
                            std::vector<std::string>& warnings) {
  PodSettings settings;
  settings.launch_timeout = options.launch_timeout;
  settings.drain_delay = options.drain_delay;
  settings.launch_gate = options.launch_gate;
  settings.ordered = IsOrdered(pod_annotations);
  const auto ours = pod_annotations.lower_bound(std::string(kAnnotationPrefix));
  settings.intent = ours != pod_annotations.end() && absl::StartsWith(ours->first, kAnnotationPrefix);
  ReadDuration(pod_annotations, kLaunchTimeoutAnnotation, settings.launch_timeout, warnings);
  ReadDuration(pod_annotations, kDrainDelayAnnotation, settings.drain_delay, warnings);
  if (const std::string* gate = FindAnnotation(pod_annotations, kLaunchGateAnnotation)) {
    if (const std::optional<LaunchGate> parsed = ParseLaunchGate(*gate)) {
      settings.launch_gate = *parsed;
    } else {
      warnings.push_back(absl::StrCat("annotation ", kLaunchGateAnnotation, ": \"", *gate,
                                      "\" is neither \"ready\" nor \"running\"; the default holds"));
    }
  }
  if (const std::string* enabled = FindAnnotation(pod_annotations, kEnabledAnnotation)) {
    if (absl::EqualsIgnoreCase(*enabled, "false")) {
      settings.enabled = false;
    } else if (!absl::EqualsIgnoreCase(*enabled, "true")) {
      warnings.push_back(absl::StrCat("annotation ", kEnabledAnnotation, ": \"", *enabled,
                                      "\" is neither \"true\" nor \"false\"; the pod stays enabled"));
    }
  }
  return settings;
}

}  // namespace sidecar_shim::policy
