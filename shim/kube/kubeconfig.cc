#include "shim/kube/kubeconfig.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shim/base/read_file.h"
#include "shim/formats/json_member.h"
#include "shim/formats/yaml.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxFileSize = 1 << 20;
constexpr const char* kKubeconfigPaths[] = {
    "/etc/kubernetes/kubelet.conf",
    "/var/lib/kubelet/kubeconfig",
    "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
    "/var/lib/rancher/rke2/agent/kubelet.kubeconfig",
};

absl::Status Invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

// StringMember(), but also for integers: YAML reads an unquoted name or token of
// digits as a number.
std::string Text(const Json& object, const char* key) {
  const Json& value = Member(object, key);
  return value.is_number_integer() ? value.dump() : StringMember(object, key);
}

// Finds the item called `name` in config[list] and returns its member `key`. For
// example list = "users", key = "user".
absl::StatusOr<Json> FindByName(const Json& config, const char* list, const char* key,
                                const std::string& name) {
  const Json& items = Member(config, list);
  if (items.is_array()) {
    for (const Json& item : items) {
      if (Text(item, "name") == name && Member(item, key).is_object()) return Member(item, key);
    }
  }
  return Invalid(absl::StrCat(list, ": no \"", name, "\""));
}

class KubeconfigReader {
 public:
  explicit KubeconfigReader(const std::string& directory) : directory_(directory) {}

  absl::StatusOr<Kubeconfig> Read(const Json& config) {
    const std::string current = Text(config, "current-context");
    if (current.empty()) return Invalid("current-context is not set");
    const absl::StatusOr<Json> context = FindByName(config, "contexts", "context", current);
    if (!context.ok()) return context.status();
    const absl::StatusOr<Json> cluster = FindByName(config, "clusters", "cluster", Text(*context, "cluster"));
    if (!cluster.ok()) return cluster.status();
    absl::Status status = ReadCluster(*cluster);
    if (!status.ok()) return status;
    const std::string user_name = Text(*context, "user");
    if (user_name.empty()) return std::move(out_);
    const absl::StatusOr<Json> user = FindByName(config, "users", "user", user_name);
    if (!user.ok()) return user.status();
    status = ReadUser(*user);
    if (!status.ok()) return status;
    return std::move(out_);
  }

 private:
  std::string Resolve(const std::string& path) const {
    if (path.empty() || path.front() == '/') return path;
    return (std::filesystem::path(directory_) / path).lexically_normal().string();
  }

  // `key` holds a path, `key`-data the content in base64; the latter takes
  // precedence, as in client-go.
  absl::Status ReadPem(const Json& object, const std::string& key, PemSource& out) const {
    const std::string data_key = absl::StrCat(key, "-data");
    const std::string data = Text(object, data_key.c_str());
    if (data.empty()) {
      out.file = Resolve(Text(object, key.c_str()));
    } else if (!absl::Base64Unescape(data, &out.text) || !absl::StrContains(out.text, "-----BEGIN ")) {
      return Invalid(absl::StrCat(data_key, " is not base64 of PEM"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadCluster(const Json& cluster) {
    out_.server = Text(cluster, "server");
    if (out_.server.empty()) return Invalid("the cluster has no server");
    if (!absl::StrContains(out_.server, "://")) out_.server = absl::StrCat("https://", out_.server);
    if (!absl::StartsWith(out_.server, "https://") && !absl::StartsWith(out_.server, "http://")) {
      return Invalid(absl::StrCat("server \"", out_.server, "\" is neither http nor https"));
    }
    while (absl::EndsWith(out_.server, "/")) out_.server.pop_back();
    if (!Text(cluster, "proxy-url").empty()) return Invalid("proxy-url is not supported");
    out_.server_name = Text(cluster, "tls-server-name");
    out_.insecure = BoolMember(cluster, "insecure-skip-tls-verify");
    return ReadPem(cluster, "certificate-authority", out_.ca);
  }

  absl::Status ReadUser(const Json& user) {
    absl::Status status = ReadPem(user, "client-certificate", out_.cert);
    if (status.ok()) status = ReadPem(user, "client-key", out_.key);
    if (!status.ok()) return status;
    out_.token = Text(user, "token");
    out_.token_file = Resolve(Text(user, "tokenFile"));
    for (const char* unsupported : {"auth-provider", "username"}) {
      if (!Member(user, unsupported).is_null())
        return Invalid(absl::StrCat("user: ", unsupported, " is not supported"));
    }
    const Json& exec = Member(user, "exec");
    return exec.is_null() ? absl::OkStatus() : ReadPlugin(exec);
  }

  absl::Status ReadPlugin(const Json& exec) {
    CredentialPlugin plugin;
    plugin.api_version = Text(exec, "apiVersion");
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
      return Invalid(absl::StrCat("exec: apiVersion \"", plugin.api_version,
                                  "\" is not client.authentication.k8s.io/v1 or v1beta1"));
    }
    plugin.command = Text(exec, "command");
    if (plugin.command.empty()) return Invalid("exec: command is not set");
    if (absl::StrContains(plugin.command, '/')) plugin.command = Resolve(plugin.command);
    const Json& args = Member(exec, "args");
    if (!args.is_null() && !args.is_array()) return Invalid("exec: args is not a list");
    for (const Json& arg : args) plugin.args.push_back(arg.is_string() ? arg.get<std::string>() : arg.dump());
    const Json& env = Member(exec, "env");
    if (!env.is_null() && !env.is_array()) return Invalid("exec: env is not a list");
    for (const Json& item : env) {
      if (Text(item, "name").empty()) return Invalid("exec: an item of env has no name");
      plugin.env.emplace_back(Text(item, "name"), Text(item, "value"));
    }
    plugin.provide_cluster_info = BoolMember(exec, "provideClusterInfo");
    out_.plugin = std::move(plugin);
    return absl::OkStatus();
  }

  const std::string directory_;
  Kubeconfig out_;
};

}  // namespace

absl::StatusOr<Kubeconfig> ParseKubeconfig(absl::string_view text, const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> documents = YamlToJson(text, YamlReading::kAsKubernetes);
  if (!documents.ok()) return documents.status();
  const Json config = Json::parse(documents->front(), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return Invalid("not a kubeconfig: the document is not a mapping");
  return KubeconfigReader(directory).Read(config);
}

absl::StatusOr<Kubeconfig> ReadKubeconfig(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxFileSize);
  if (!text.ok()) return text.status();
  absl::StatusOr<Kubeconfig> config =
      ParseKubeconfig(*text, std::filesystem::path(path).parent_path().string());
  if (!config.ok()) return Invalid(absl::StrCat(path, ": ", std::string(config.status().message())));
  return config;
}

std::string FindKubeconfig(const std::string& root) {
  std::error_code error;
  for (const char* known_path : kKubeconfigPaths) {
    std::string path = root + known_path;
    if (std::filesystem::exists(path, error)) return path;
  }
  return "";
}

}  // namespace sidecar_shim
