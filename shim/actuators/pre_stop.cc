#include "shim/actuators/pre_stop.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

using nlohmann::json;

absl::StatusOr<int> ResolvePort(const json& port, const std::string& ports) {
  int number = 0;
  if (port.is_number_integer()) return port.get<int>();
  if (!port.is_string()) return absl::InvalidArgumentError("preStop httpGet has no port");
  const std::string name = port.get<std::string>();
  if (absl::SimpleAtoi(name, &number)) return number;
  const json declared = json::parse(ports, nullptr, /*allow_exceptions=*/false);
  if (declared.is_array()) {
    for (const json& entry : declared) {
      if (entry.is_object() && entry.value("name", "") == name) return entry.value("containerPort", 0);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("preStop httpGet names the port \"", name, "\", which the container does not declare"));
}

absl::StatusOr<PreStopHook> ParseHttp(const json& http, const std::string& ports) {
  if (!http.contains("port")) return absl::InvalidArgumentError("preStop httpGet has no port");
  absl::StatusOr<int> port = ResolvePort(http["port"], ports);
  if (!port.ok()) return port.status();
  if (*port < 1 || *port > 65535) return absl::InvalidArgumentError(absl::StrCat("preStop port ", *port));
  HttpHook hook;
  hook.port = *port;
  hook.scheme = absl::AsciiStrToLower(http.value("scheme", "HTTP"));
  if (hook.scheme != "http" && hook.scheme != "https") {
    return absl::InvalidArgumentError(absl::StrCat("preStop scheme \"", hook.scheme, "\""));
  }
  hook.host = http.value("host", "");
  hook.path = http.value("path", "/");
  if (hook.path.empty() || hook.path.front() != '/') hook.path.insert(hook.path.begin(), '/');
  for (const json& header : http.value("httpHeaders", json::array())) {
    hook.headers.emplace_back(header.value("name", ""), header.value("value", ""));
  }
  return hook;
}

absl::StatusOr<PreStopHook> ParseHandler(const std::string& handler, const std::string& ports) {
  const json document = json::parse(handler);
  if (document.contains("exec")) {
    return ExecHook{document["exec"].value("command", std::vector<std::string>())};
  }
  if (document.contains("httpGet")) return ParseHttp(document["httpGet"], ports);
  if (document.contains("sleep")) return SleepHook{document["sleep"].value("seconds", int64_t{0})};
  return NoHook{};
}

}  // namespace

absl::StatusOr<PreStopHook> ParsePreStop(const std::string& handler, const std::string& ports) {
  if (handler.empty()) return NoHook{};
  try {
    return ParseHandler(handler, ports);
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("preStop handler is not usable: ", error.what()));
  }
}

}  // namespace sidecar_shim
