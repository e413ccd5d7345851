#include "shim/kube/exec_credential.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shim/base/child_process.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;

constexpr const char* kExecInfo = "KUBERNETES_EXEC_INFO";

absl::Status BadAnswer(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("the credential plugin's answer ", what));
}

std::string StringIn(const Json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::string ExecInfo(const Kubeconfig& config, const std::string& ca) {
  Json info = {{"apiVersion", config.plugin->api_version},
               {"kind", "ExecCredential"},
               {"spec", {{"interactive", false}}}};
  if (config.plugin->wants_cluster) {
    Json cluster = {{"server", config.server}};
    if (!config.server_name.empty()) cluster["tls-server-name"] = config.server_name;
    if (config.insecure) cluster["insecure-skip-tls-verify"] = true;
    if (!ca.empty()) cluster["certificate-authority-data"] = absl::Base64Escape(ca);
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<ExecCredential> ParseExecCredential(const std::string& text, const std::string& api_version) {
  const Json answer = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || StringIn(answer, "kind") != "ExecCredential")
    return BadAnswer("is no ExecCredential");
  if (StringIn(answer, "apiVersion") != api_version)
    return BadAnswer(absl::StrCat("is not of ", api_version));
  auto status = answer.find("status");
  if (status == answer.end() || !status->is_object()) return BadAnswer("has no status");
  ExecCredential credential;
  credential.token = StringIn(*status, "token");
  credential.cert = StringIn(*status, "clientCertificateData");
  credential.key = StringIn(*status, "clientKeyData");
  if (credential.token.empty() && credential.cert.empty())
    return BadAnswer("has neither a token nor a certificate");
  if (credential.cert.empty() != credential.key.empty())
    return BadAnswer("has one of certificate and key only");
  const std::string expires = StringIn(*status, "expirationTimestamp");
  std::string why;
  if (!expires.empty() && !absl::ParseTime(absl::RFC3339_full, expires, &credential.expires, &why)) {
    return BadAnswer(absl::StrCat("has an expirationTimestamp that is no time: ", why));
  }
  return credential;
}

absl::StatusOr<ExecCredential> RunCredentialPlugin(const Kubeconfig& config, const std::string& ca,
                                                   Duration timeout, const std::atomic<bool>& stop) {
  const CredentialPlugin& plugin = *config.plugin;
  ChildCommand command;
  command.argv.push_back(plugin.command);
  command.argv.insert(command.argv.end(), plugin.args.begin(), plugin.args.end());
  command.env = plugin.env;
  command.env.emplace_back(kExecInfo, ExecInfo(config, ca));
  command.timeout = timeout;
  const absl::StatusOr<std::string> output = RunChild(command, stop);
  if (!output.ok()) return output.status();
  return ParseExecCredential(*output, plugin.api_version);
}

}  // namespace sidecar_shim
