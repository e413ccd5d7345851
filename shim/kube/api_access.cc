#include "shim/kube/api_access.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shim/base/offload.h"
#include "shim/base/read_file.h"
#include "shim/kube/certificate_name.h"
#include "shim/kube/kubeconfig.h"

namespace sidecar_shim {
namespace {

constexpr Duration kPluginTimeout = std::chrono::seconds(15);
// A credential that is about to expire is not used.
constexpr absl::Duration kExpiryMargin = absl::Seconds(30);
constexpr size_t kLargestFile = 1 << 20;
constexpr absl::string_view kNodeUser = "system:node:";

absl::StatusOr<std::string> ReadPem(const PemSource& source) {
  if (!source.text.empty() || source.file.empty()) return source.text;
  return ReadFile(source.file, kLargestFile);
}

}  // namespace

HttpRequest ApiAccess::Get(absl::string_view path) const {
  HttpRequest request = base;
  request.url = absl::StrCat(base.url, path);
  return request;
}

// The worker's, apart from the flags.
struct ApiAccessLoader::State {
  State(const Loop& its_loop, std::string path) : loop(its_loop), kubeconfig(std::move(path)) {}

  absl::StatusOr<ApiAccess> Load();
  absl::StatusOr<ApiAccess> LoadFrom(const std::string& path);
  absl::Status ReadCertificates(const Kubeconfig& config, HttpRequest& base);
  absl::Status ReadToken(const Kubeconfig& config, std::string& token);
  absl::Status RunPlugin(const Kubeconfig& config, const std::string& ca);

  const Loop& loop;  // its clock
  const std::string kubeconfig;
  std::optional<ExecCredential> from_plugin;
  std::atomic<bool> stop = false;
  std::atomic<bool> invalidated = false;
};

absl::StatusOr<ApiAccess> ApiAccessLoader::State::Load() {
  const std::string path = kubeconfig.empty() ? FindKubeconfig() : kubeconfig;
  if (path.empty()) return absl::NotFoundError("no kubeconfig of kubelet's found");
  absl::StatusOr<ApiAccess> access = LoadFrom(path);
  // A missing file that it names is not "no kubeconfig".
  if (absl::IsNotFound(access.status())) return absl::UnavailableError(access.status().message());
  return access;
}

absl::StatusOr<ApiAccess> ApiAccessLoader::State::LoadFrom(const std::string& path) {
  const absl::StatusOr<Kubeconfig> config = ReadKubeconfig(path);
  if (!config.ok()) return config.status();
  ApiAccess access;
  access.base.url = config->server;
  access.base.server_name = config->server_name;
  access.base.verify = !config->insecure;
  absl::Status status = ReadCertificates(*config, access.base);
  std::string token;
  if (status.ok()) status = ReadToken(*config, token);
  if (status.ok() && config->plugin) {
    status = RunPlugin(*config, access.base.ca);
    if (status.ok()) {
      access.expires = from_plugin->expires;
      if (!from_plugin->token.empty()) token = from_plugin->token;
      if (!from_plugin->cert.empty()) {
        access.base.cert = from_plugin->cert;
        access.base.key = from_plugin->key;
      }
    }
  }
  if (!status.ok()) return status;
  if (!token.empty()) access.base.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token));
  if (const std::optional<std::string> name = CommonName(access.base.cert)) {
    absl::string_view node = *name;
    if (absl::ConsumePrefix(&node, kNodeUser)) access.node_name = std::string(node);
  }
  return access;
}

absl::Status ApiAccessLoader::State::ReadCertificates(const Kubeconfig& config, HttpRequest& base) {
  const std::pair<const PemSource*, std::string*> parts[] = {
      {&config.ca, &base.ca}, {&config.cert, &base.cert}, {&config.key, &base.key}};
  for (const auto& [source, into] : parts) {
    absl::StatusOr<std::string> text = ReadPem(*source);
    if (!text.ok()) return text.status();
    *into = *std::move(text);
  }
  return absl::OkStatus();
}

absl::Status ApiAccessLoader::State::ReadToken(const Kubeconfig& config, std::string& token) {
  token = config.token;
  if (config.token_file.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> read = ReadFile(config.token_file, kLargestFile);
  if (!read.ok()) return token.empty() ? read.status() : absl::OkStatus();
  token = std::string(absl::StripAsciiWhitespace(*read));
  return absl::OkStatus();
}

absl::Status ApiAccessLoader::State::RunPlugin(const Kubeconfig& config, const std::string& ca) {
  const bool refused = invalidated.exchange(false);
  const absl::Time now = absl::FromChrono(loop.WallNow());
  if (from_plugin && !refused && from_plugin->expires - kExpiryMargin > now) return absl::OkStatus();
  from_plugin.reset();
  absl::StatusOr<ExecCredential> credential = RunCredentialPlugin(config, ca, kPluginTimeout, stop);
  if (!credential.ok()) return credential.status();
  from_plugin = *std::move(credential);
  return absl::OkStatus();
}

ApiAccessLoader::ApiAccessLoader(Loop& loop, std::string kubeconfig)
    : loop_(loop), state_(std::make_shared<State>(loop, std::move(kubeconfig))) {}

ApiAccessLoader::~ApiAccessLoader() { state_->stop = true; }

void ApiAccessLoader::Load(Done done) {
  Offload(
      worker_, loop_, lifetime_, [state = state_] { return state->Load(); }, std::move(done));
}

void ApiAccessLoader::InvalidateCredential() { state_->invalidated = true; }

}  // namespace sidecar_shim
