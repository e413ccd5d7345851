#include "shim/actuators/probe_attempt.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "health.pb.h"
#include "shim/base/lifetime.h"
#include "shim/cri/unary_client.h"
#include "shim/cri/upstream.h"
#include "shim/http/http_url.h"

namespace sidecar_shim {
namespace {

using policy::ProbeSpec;

constexpr const char* kHealthCheck = "/grpc.health.v1.Health/Check";
// Applications recognize probes by this prefix.
constexpr const char* kUserAgent = "kube-probe/sidecar-shim";
// As in kubelet's prober: no more of a body is read, and this many redirects are
// followed, within the same host.
constexpr size_t kEnoughBody = 10 * 1024;
constexpr int kMostRedirects = 10;

bool IsRedirect(const HttpResult& result) {
  constexpr int kCodes[] = {301, 302, 303, 307, 308};
  return result.status.ok() && !result.redirect.empty() &&
         std::find(std::begin(kCodes), std::end(kCodes), result.code) != std::end(kCodes);
}

class ExecAttempt : public ProbeAttempt {
 public:
  ExecAttempt(Runtime& runtime, const ProbeSpec& spec, const ProbeTarget& target, Done done) {
    runtime.ExecSync(target.container, spec.command, spec.timeout,
                     lifetime_.Guard([done = std::move(done)](const grpc::Status& status,
                                                              const runtime::v1::ExecSyncResponse& response) {
                       if (!status.ok()) {
                         done(absl::UnavailableError(status.error_message()));
                       } else if (response.exit_code() != 0) {
                         done(absl::UnavailableError(absl::StrCat("exit code ", response.exit_code())));
                       } else {
                         done(absl::OkStatus());
                       }
                     }));
  }

 private:
  Lifetime lifetime_;
};

// httpGet, and tcpSocket as an HTTP request that stops once it is connected.
class HttpAttempt : public ProbeAttempt {
 public:
  HttpAttempt(const Loop& loop, HttpClient& http, const ProbeSpec& spec, const ProbeTarget& target, Done done)
      : loop_(loop), http_(http), done_(std::move(done)), deadline_(loop.Now() + spec.timeout) {
    const std::string& host = spec.host.empty() ? target.pod_address : spec.host;
    request_.url = HttpUrl(spec.https ? "https" : "http", host, spec.port, spec.path);
    request_.connect_only = spec.kind == ProbeSpec::Kind::kTcpSocket;
    request_.headers = spec.headers;
    bool own_agent = false;
    for (const auto& [name, value] : spec.headers) own_agent |= absl::EqualsIgnoreCase(name, "User-Agent");
    if (!own_agent) request_.headers.emplace_back("User-Agent", kUserAgent);
    request_.verify = false;
    request_.own_connection = true;
    request_.enough_body = kEnoughBody;
    Send();
  }
  ~HttpAttempt() override { http_.Cancel(id_); }

 private:
  void Send() {
    // The probe's timeout covers its redirects.
    request_.timeout = std::max<Duration>(deadline_ - loop_.Now(), std::chrono::milliseconds(1));
    request_.connect_timeout = request_.timeout;
    id_ = http_.Send(request_, [this](const HttpResult& result) { OnResult(result); });
  }

  void OnResult(const HttpResult& result) {
    if (!request_.connect_only && IsRedirect(result) && HttpHost(result.redirect) == HttpHost(request_.url)) {
      if (++redirects_ <= kMostRedirects) {
        request_.url = result.redirect;
        Send();
        return;
      }
      End(absl::UnavailableError(absl::StrCat("more than ", kMostRedirects, " redirects")));
      return;
    }
    End(request_.connect_only ? result.status : HttpSuccess(result));
  }

  void End(const absl::Status& status) {
    const Done done = done_;  // `done` may destroy this attempt
    done(status);
  }

  const Loop& loop_;
  HttpClient& http_;
  const Done done_;
  const Time deadline_;
  HttpRequest request_;
  HttpClient::Id id_ = 0;
  int redirects_ = 0;
};

class GrpcAttempt : public ProbeAttempt {
 public:
  GrpcAttempt(Loop& loop, const ProbeSpec& spec, const ProbeTarget& target, Done done)
      : upstream_(Target(target.pod_address, spec.port), "server"), client_(loop, upstream_) {
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

  // One connection per attempt: with a channel that is backing off, an attempt
  // would fail although the server is up.
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
  return std::make_unique<HttpAttempt>(loop, http, spec, target, std::move(done));
}

}  // namespace sidecar_shim
