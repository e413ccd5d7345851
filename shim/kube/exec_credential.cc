#include "shim/kube/exec_credential.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shim/base/child_process.h"
#include "shim/formats/json_member.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;

constexpr const char* kExecInfo = "KUBERNETES_EXEC_INFO";

absl::Status MalformedOutput(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("the credential plugin's output ", what));
}

// What a plugin reads from KUBERNETES_EXEC_INFO.
std::string ExecInfo(const Kubeconfig& config, const std::string& ca) {
  Json info = {{"apiVersion", config.plugin->api_version},
               {"kind", "ExecCredential"},
               {"spec", {{"interactive", false}}}};
  if (config.plugin->provide_cluster_info) {
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
  const Json output = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!output.is_object() || StringMember(output, "kind") != "ExecCredential")
    return MalformedOutput("is not an ExecCredential");
  if (StringMember(output, "apiVersion") != api_version)
    return MalformedOutput(absl::StrCat("is not of apiVersion ", api_version, ", as the kubeconfig says"));
  const Json& status = Member(output, "status");
  if (!status.is_object()) return MalformedOutput("has no status");
  ExecCredential credential;
  credential.token = StringMember(status, "token");
  credential.cert = StringMember(status, "clientCertificateData");
  credential.key = StringMember(status, "clientKeyData");
  if (credential.token.empty() && credential.cert.empty())
    return MalformedOutput("has neither a token nor a client certificate");
  if (credential.cert.empty() != credential.key.empty())
    return MalformedOutput("has only one of clientCertificateData and clientKeyData");
  const std::string expires = StringMember(status, "expirationTimestamp");
  std::string parse_error;
  if (!expires.empty() && !absl::ParseTime(absl::RFC3339_full, expires, &credential.expires, &parse_error)) {
    return MalformedOutput(absl::StrCat("has an expirationTimestamp that is not RFC 3339: ", parse_error));
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
