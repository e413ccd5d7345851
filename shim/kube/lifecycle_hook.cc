#include "shim/kube/lifecycle_hook.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shim/formats/json_member.h"

namespace sidecar_shim {
namespace {

using nlohmann::json;

absl::StatusOr<int> ResolvePort(const json& port, const std::string& ports) {
  int number = 0;
  if (port.is_number_integer()) return port.get<int>();
  const std::string name = StringValue(port);
  if (name.empty()) return absl::InvalidArgumentError("httpGet has no port");
  if (absl::SimpleAtoi(name, &number)) return number;
  const json declared = json::parse(ports, nullptr, /*allow_exceptions=*/false);
  if (declared.is_array()) {
    for (const json& entry : declared) {
      if (StringMember(entry, "name") == name)
        return static_cast<int>(IntMember(entry, "containerPort").value_or(0));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("httpGet names the port \"", name, "\", which the container does not declare"));
}

absl::StatusOr<LifecycleHook> ParseHttp(const json& http, const std::string& ports) {
  const absl::StatusOr<int> port = ResolvePort(Member(http, "port"), ports);
  if (!port.ok()) return port.status();
  if (*port < 1 || *port > 65535) return absl::InvalidArgumentError(absl::StrCat("httpGet port ", *port));
  HttpHook hook;
  hook.port = *port;
  hook.scheme = absl::AsciiStrToLower(http.value("scheme", "HTTP"));
  if (hook.scheme != "http" && hook.scheme != "https") {
    return absl::InvalidArgumentError(absl::StrCat("httpGet scheme \"", hook.scheme, "\""));
  }
  hook.host = http.value("host", "");
  hook.path = http.value("path", "/");
  if (hook.path.empty() || hook.path.front() != '/') hook.path.insert(hook.path.begin(), '/');
  for (const json& header : http.value("httpHeaders", json::array())) {
    hook.headers.emplace_back(header.value("name", ""), header.value("value", ""));
  }
  return hook;
}

absl::StatusOr<LifecycleHook> ParseHandler(const json& handler, const std::string& ports) {
  if (handler.contains("exec")) {
    return ExecHook{handler["exec"].value("command", std::vector<std::string>())};
  }
  if (handler.contains("httpGet")) return ParseHttp(handler["httpGet"], ports);
  if (handler.contains("sleep")) return SleepHook{handler["sleep"].value("seconds", int64_t{0})};
  if (handler.empty()) return NoHook{};
  return UnsupportedHook{handler.begin().key()};
}

}  // namespace

absl::StatusOr<LifecycleHook> ParseLifecycleHook(const std::string& handler, const std::string& ports) {
  if (handler.empty()) return NoHook{};
  try {
    return ParseHandler(json::parse(handler), ports);
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the handler is not usable: ", error.what()));
  }
}

}  // namespace sidecar_shim
