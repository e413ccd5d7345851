#include "shim/app/option_value.h"

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/base/log.h"
#include "shim/base/unix_socket.h"

namespace sidecar_shim {
namespace {

constexpr const char* kNodeNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789.-";

absl::Status IsNot(const std::string& text, const char* expected) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not ", expected));
}

absl::Status Accept(const std::string& text, std::string& out) {
  out = text;
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadBool(const std::string& text, bool& out) {
  if (text != "true" && text != "false") return IsNot(text, "true or false");
  out = text == "true";
  return absl::OkStatus();
}

absl::Status ReadDuration(const std::string& text, policy::Duration& out) {
  const std::optional<policy::Duration> parsed = policy::ParseDuration(text);
  if (!parsed) return IsNot(text, "a duration; write for example \"30s\", \"5m\" or \"0\"");
  out = *parsed;
  return absl::OkStatus();
}

absl::Status ReadPath(const std::string& text, std::string& out) {
  return absl::StartsWith(text, "/") ? Accept(text, out) : IsNot(text, "an absolute path");
}

absl::Status ReadOptionalPath(const std::string& text, std::string& out) {
  return text.empty() ? Accept(text, out) : ReadPath(text, out);
}

absl::Status ReadSocket(const std::string& text, std::string& out) {
  const absl::StatusOr<std::string> path = UnixPath(text);
  absl::Status status = path.ok() ? UnixAddress(*path).status() : path.status();
  return status.ok() ? Accept(*path, out) : status;
}

absl::Status ReadEndpoint(const std::string& text, std::string& out) {
  std::string path;
  absl::Status status = ReadSocket(text, path);
  return status.ok() ? Accept(absl::StrCat("unix://", path), out) : status;
}

absl::Status ReadOptionalEndpoint(const std::string& text, std::string& out) {
  return text.empty() ? Accept(text, out) : ReadEndpoint(text, out);
}

absl::Status ReadUrl(const std::string& text, std::string& out) {
  const bool is_url = absl::StartsWith(text, "http://") || absl::StartsWith(text, "https://");
  return text.empty() || is_url ? Accept(text, out) : IsNot(text, "an http or https URL");
}

absl::Status ReadNodeName(const std::string& text, std::string& out) {
  if (text.find_first_not_of(kNodeNameLetters) == std::string::npos) return Accept(text, out);
  return IsNot(text, "a node's name (lower case, digits, \".\" and \"-\")");
}

absl::Status ReadLogLevel(const std::string& text, std::string& out) {
  return IsLogLevel(text) ? Accept(text, out) : IsNot(text, "one of debug, info, warn, error");
}

absl::Status ReadLogFormat(const std::string& text, std::string& out) {
  return text == "text" || text == "json" ? Accept(text, out) : IsNot(text, "one of text, json");
}

absl::Status ReadLaunchGate(const std::string& text, policy::LaunchGate& out) {
  const std::optional<policy::LaunchGate> gate = policy::ParseLaunchGate(text);
  if (!gate) return IsNot(text, "one of ready, running");
  out = *gate;
  return absl::OkStatus();
}

absl::Status ReadMaskMode(const std::string& text, policy::MaskMode& out) {
  if (text == "always") {
    out = policy::MaskMode::kAlways;
  } else if (text == "on-request") {
    out = policy::MaskMode::kOnRequest;
  } else if (text == "never") {
    out = policy::MaskMode::kNever;
  } else {
    return IsNot(text, "one of always, on-request, never");
  }
  return absl::OkStatus();
}

}  // namespace sidecar_shim
