#include "shim/probe/probe_attempt.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "health.pb.h"
#include "shim/relay/unary_client.h"
#include "shim/relay/upstream.h"

namespace sidecar_shim {
namespace {

using policy::ProbeSpec;

constexpr const char* kHealthCheck = "/grpc.health.v1.Health/Check";
// Applications tell probes from users by this prefix.
constexpr const char* kUserAgent = "kube-probe/sidecar-shim";

class ExecAttempt : public ProbeAttempt {
 public:
  ExecAttempt(Runtime& runtime, const ProbeSpec& spec, const ProbeTarget& target, Done done) {
    runtime.ExecSync(target.container, spec.command, spec.timeout,
                     [alive = std::weak_ptr<bool>(alive_), done = std::move(done)](
                         const grpc::Status& status, const runtime::v1::ExecSyncResponse& response) {
                       if (!alive.lock()) return;
                       if (!status.ok()) {
                         done(absl::UnavailableError(status.error_message()));
                       } else if (response.exit_code() != 0) {
                         done(absl::UnavailableError(absl::StrCat("exit code ", response.exit_code())));
                       } else {
                         done(absl::OkStatus());
                       }
                     });
  }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// httpGet, and tcpSocket as an HTTP request that stops once it is connected.
class HttpAttempt : public ProbeAttempt {
 public:
  HttpAttempt(HttpClient& http, const ProbeSpec& spec, const ProbeTarget& target, Done done) : http_(http) {
    HttpRequest request;
    const std::string& host = spec.host.empty() ? target.pod_address : spec.host;
    request.url = HttpUrl(spec.https ? "https" : "http", host, spec.port, spec.path);
    request.connect_only = spec.kind == ProbeSpec::Kind::kTcpSocket;
    request.headers = spec.headers;
    bool own_agent = false;
    for (const auto& [name, value] : spec.headers) own_agent |= absl::EqualsIgnoreCase(name, "User-Agent");
    if (!own_agent) request.headers.emplace_back("User-Agent", kUserAgent);
    request.timeout = spec.timeout;
    request.connect_timeout = spec.timeout;
    request.verify = false;
    id_ = http_.Send(std::move(request), [connect_only = spec.kind == ProbeSpec::Kind::kTcpSocket,
                                          done = std::move(done)](const HttpResult& result) {
      done(connect_only ? result.status : HttpSuccess(result));
    });
  }
  ~HttpAttempt() override { http_.Cancel(id_); }

 private:
  HttpClient& http_;
  HttpClient::Id id_ = 0;
};

class GrpcAttempt : public ProbeAttempt {
 public:
  GrpcAttempt(Loop& loop, const ProbeSpec& spec, const ProbeTarget& target, Done done)
      : upstream_(Target(target.pod_address, spec.port)), client_(loop, upstream_) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(spec.service);
    client_.Call<grpc::health::v1::HealthCheckResponse>(
        kHealthCheck, request, spec.timeout,
        [done = std::move(done)](const grpc::Status& status,
                                 const grpc::health::v1::HealthCheckResponse& response) {
          if (!status.ok()) {
            done(absl::UnavailableError(status.error_message()));
          } else if (response.status() != grpc::health::v1::HealthCheckResponse::SERVING) {
            done(absl::UnavailableError("not serving"));
          } else {
            done(absl::OkStatus());
          }
        });
  }

 private:
  static std::string Target(const std::string& address, int port) {
    return absl::StrContains(address, ':') ? absl::StrCat("ipv6:[", address, "]:", port)
                                           : absl::StrCat("ipv4:", address, ":", port);
  }

  // One connection per try: a channel that backs off would hide the moment at
  // which the server is up.
  Upstream upstream_;
  UnaryClient client_;
};

}  // namespace

std::unique_ptr<ProbeAttempt> BeginProbe(Loop& loop, Runtime& runtime, HttpClient& http,
                                         const ProbeSpec& spec, const ProbeTarget& target,
                                         ProbeAttempt::Done done) {
  switch (spec.kind) {
    case ProbeSpec::Kind::kExec:
      return std::make_unique<ExecAttempt>(runtime, spec, target, std::move(done));
    case ProbeSpec::Kind::kGrpc:
      return std::make_unique<GrpcAttempt>(loop, spec, target, std::move(done));
    case ProbeSpec::Kind::kHttpGet:
    case ProbeSpec::Kind::kTcpSocket:
      break;
  }
  return std::make_unique<HttpAttempt>(http, spec, target, std::move(done));
}

}  // namespace sidecar_shim
