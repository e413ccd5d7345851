#include "shim/specs/stamp_probe.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "shim/formats/json_member.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;
using policy::ContainerSpec;
using policy::Duration;
using policy::ProbeSpec;

constexpr const char* kKinds[] = {"exec", "httpGet", "tcpSocket", "grpc"};
// Such that sums of durations fit in any clock.
constexpr Duration kLongest = std::chrono::hours(24 * 365 * 10);
constexpr const char* kStartup = "startup";
constexpr const char* kReadiness = "readiness";

template <typename Value>
void WriteUnless(const Value& usual, const Value& value, const char* key, Json& json) {
  if (value != usual) json[key] = value;
}

// What has its default is left out.
Json WriteProbe(const std::string& container, const char* which, const ProbeSpec& probe) {
  const ProbeSpec usual;
  Json json = {{"container", container}, {"probe", which}, {"kind", kKinds[static_cast<size_t>(probe.kind)]}};
  WriteUnless(usual.initial_delay.count(), probe.initial_delay.count(), "initialDelay", json);
  WriteUnless(usual.timeout.count(), probe.timeout.count(), "timeout", json);
  WriteUnless(usual.period.count(), probe.period.count(), "period", json);
  WriteUnless(usual.success_threshold, probe.success_threshold, "successThreshold", json);
  WriteUnless(usual.failure_threshold, probe.failure_threshold, "failureThreshold", json);
  WriteUnless(usual.port, probe.port, "port", json);
  WriteUnless(usual.host, probe.host, "host", json);
  WriteUnless(usual.path, probe.path, "path", json);
  WriteUnless(usual.https, probe.https, "https", json);
  WriteUnless(usual.service, probe.service, "service", json);
  WriteUnless(usual.command, probe.command, "command", json);
  WriteUnless(usual.headers, probe.headers, "headers", json);
  return json;
}

template <typename Value>
void ReadIfPresent(const Json& json, const char* key, Value& value) {
  if (auto it = json.find(key); it != json.end()) it->get_to(value);
}

void ReadDuration(const Json& json, const char* key, Duration& value) {
  if (auto it = json.find(key); it != json.end()) {
    value = Duration(std::clamp<int64_t>(it->get<int64_t>(), 0, kLongest.count()));
  }
}

// Throws where the kind is missing or unknown, or a member is of another type.
ProbeSpec ReadProbe(const Json& json) {
  ProbeSpec probe;
  const auto* kind = std::find(std::begin(kKinds), std::end(kKinds), json.at("kind").get<std::string>());
  if (kind == std::end(kKinds)) throw std::out_of_range("kind");
  probe.kind = static_cast<ProbeSpec::Kind>(kind - std::begin(kKinds));
  ReadDuration(json, "initialDelay", probe.initial_delay);
  ReadDuration(json, "timeout", probe.timeout);
  ReadDuration(json, "period", probe.period);
  ReadIfPresent(json, "successThreshold", probe.success_threshold);
  ReadIfPresent(json, "failureThreshold", probe.failure_threshold);
  ReadIfPresent(json, "port", probe.port);
  ReadIfPresent(json, "host", probe.host);
  ReadIfPresent(json, "path", probe.path);
  ReadIfPresent(json, "https", probe.https);
  ReadIfPresent(json, "service", probe.service);
  ReadIfPresent(json, "command", probe.command);
  ReadIfPresent(json, "headers", probe.headers);
  return probe;
}

// The place where the probe that an entry describes belongs; null if there is
// none.
std::optional<ProbeSpec>* PlaceOf(const Json& entry, std::vector<ContainerSpec>& containers) {
  const std::string name = StringMember(entry, "container");
  const std::string which = StringMember(entry, "probe");
  auto container = std::find_if(containers.begin(), containers.end(),
                                [&name](const ContainerSpec& known) { return known.name == name; });
  if (container == containers.end()) return nullptr;
  if (which == kStartup) return &container->startup_probe;
  return which == kReadiness ? &container->readiness_probe : nullptr;
}

}  // namespace

Json WriteProbes(const std::vector<ContainerSpec>& containers) {
  Json probes = Json::array();
  for (const ContainerSpec& container : containers) {
    if (container.startup_probe) {
      probes.push_back(WriteProbe(container.name, kStartup, *container.startup_probe));
    }
    if (container.readiness_probe) {
      probes.push_back(WriteProbe(container.name, kReadiness, *container.readiness_probe));
    }
  }
  return probes;
}

void ReadProbes(const Json& probes, std::vector<ContainerSpec>& containers) {
  if (!probes.is_array()) return;
  std::vector<ContainerSpec> result = containers;
  try {
    for (const Json& entry : probes) {
      std::optional<ProbeSpec>* place = PlaceOf(entry, result);
      if (place == nullptr) return;
      *place = ReadProbe(entry);
    }
  } catch (const std::exception&) {
    return;
  }
  containers = std::move(result);
}

}  // namespace sidecar_shim
