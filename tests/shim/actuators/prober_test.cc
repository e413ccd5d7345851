// Probes and hooks through the whole shim: a container is launched when the probes
// of the container that it waits for have passed, or its hook has returned.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "health.pb.h"
#include "shim/base/clock.h"
#include "tests/support/http_server.h"
#include "tests/support/loopback_port.h"
#include "tests/support/pod_support.h"
#include "tests/support/tls_server.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr int kKubelets = 7;

class ProberTest : public ::testing::Test {
 protected:
  // "main" waits for "proxy", which has this probe or hook.
  void Launch(const std::string& probe, const std::string& until = "to be ready") {
    std::filesystem::create_directory(setup_.config.static_pod_path);
    std::ofstream(setup_.config.static_pod_path + "/pod.json") << R"({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod"}, "spec": {"restartPolicy": "Never", "containers": [{"name": "main"},
        {"name": "proxy", "env": [{"name": "KRUISE_CONTAINER_PRIORITY", "value": "10"}], )"
                                                               << probe << "}]}}";
    pod_.emplace(setup_, annotations_);
    const auto [status, id] = pod_->Create(pod_->Request("main"));
    ASSERT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << status.error_message();
    EXPECT_NE(status.error_message().find(until), std::string::npos) << status.error_message();
    proxy_ = pod_->Launch(pod_->Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}}));
    ASSERT_FALSE(proxy_.empty());
  }

  bool MainExists() { return !setup_.runtime.model().Id("main").empty(); }

  // As kubelet calls it.
  grpc::Status Exec(const std::vector<std::string>& command, int timeout = 0) {
    cri::ExecSyncRequest exec;
    exec.set_timeout(timeout);
    exec.set_container_id(proxy_);
    for (const std::string& word : command) exec.add_cmd(word);
    return setup_.client.Cri<cri::ExecSyncResponse>("ExecSync", exec).first;
  }

  // Until `exec_passes_` commands fail, but for those with kubelet's timeout.
  void ScriptExec() {
    setup_.runtime.On(Method("ExecSync"), [this](const std::shared_ptr<RawCall>& call) {
      call->Read([this, call](bool, const std::string& bytes) {
        setup_.runtime.Record(call, bytes);
        cri::ExecSyncRequest request;
        request.ParseFromString(bytes);
        cri::ExecSyncResponse response;
        response.set_exit_code(exec_passes_ || request.timeout() == kKubelets ? 0 : 1);
        call->Reply(response.SerializeAsString());
      });
    });
  }

  std::atomic<bool> exec_passes_ = false;
  std::map<std::string, std::string> annotations_ = {{"kubernetes.io/config.source", "file"}};
  ShimSetup setup_;
  std::optional<Pod> pod_;
  std::string proxy_;
};

TEST_F(ProberTest, Exec) {
  ScriptExec();
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}})");
  const Time begun = MonotonicNow();
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= 3; }));
  EXPECT_LT(MonotonicNow() - begun, std::chrono::seconds(10)) << "more often than kubelet, in its own period";
  EXPECT_FALSE(MainExists());
  exec_passes_ = true;
  ASSERT_TRUE(Eventually([&] { return MainExists(); }));
  cri::ExecSyncRequest exec;
  ASSERT_TRUE(exec.ParseFromString(setup_.runtime.Calls(Method("ExecSync")).front().bytes));
  EXPECT_EQ(exec.container_id(), proxy_);
  EXPECT_EQ(exec.cmd(1), "/ok");
  EXPECT_EQ(exec.timeout(), 1);
}

TEST_F(ProberTest, TheStartupProbeComesFirst) {
  ScriptExec();
  Launch(
      R"("startupProbe": {"exec": {"command": ["up"]}}, "readinessProbe": {"exec": {"command": ["ready"]}})");
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= 2; }));
  exec_passes_ = true;
  ASSERT_TRUE(Eventually([&] { return MainExists(); }));
  std::vector<std::string> commands;
  for (const Recorded& call : setup_.runtime.Calls(Method("ExecSync"))) {
    cri::ExecSyncRequest exec;
    ASSERT_TRUE(exec.ParseFromString(call.bytes));
    commands.push_back(exec.cmd(0));
  }
  EXPECT_EQ(commands.front(), "up");
  EXPECT_EQ(commands.back(), "ready");
  EXPECT_EQ(std::count(commands.begin(), commands.end(), "ready"), 1);
}

TEST_F(ProberTest, EndsOnceNoContainerIsHeld) {
  ScriptExec();
  annotations_["sidecar-shim.io/launch-timeout"] = "1s";
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}})");
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= 1; }));
  ASSERT_TRUE(Eventually([&] { return MainExists(); })) << "held no longer than the pod allows";
  const size_t tries = setup_.runtime.Count(Method("ExecSync"));
  absl::SleepFor(absl::Milliseconds(500));  // five of its pauses
  EXPECT_LE(setup_.runtime.Count(Method("ExecSync")), tries + 1) << "except one that was in flight";
}

TEST_F(ProberTest, NewShimKnowsTheProbesWithoutASource) {
  ScriptExec();
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}})");
  std::filesystem::remove_all(setup_.config.static_pod_path);
  setup_.RestartShim();
  EXPECT_EQ(pod_->Create(pod_->Request("main")).first.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const size_t tries = setup_.runtime.Count(Method("ExecSync"));
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= tries + 2; }));
  EXPECT_FALSE(MainExists());
  exec_passes_ = true;
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, KubeletsOwnExecProbeCounts) {
  ScriptExec();
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}})");
  // By then the shim knows what it needs to know of the container.
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= 1; }));
  ASSERT_TRUE(Exec({"something else"}, kKubelets).ok());
  EXPECT_FALSE(MainExists());
  ASSERT_TRUE(Exec({"cat", "/ok"}, kKubelets).ok());
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, PassBeforeTheInitialDelayIsAnotherProbe) {
  ScriptExec();
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}, "initialDelaySeconds": 3600})");
  ASSERT_TRUE(Exec({"cat", "/ok"}, kKubelets).ok());
  ASSERT_TRUE(Exec({"cat", "/ok"}, kKubelets).ok());
  EXPECT_FALSE(MainExists());
}

TEST_F(ProberTest, KubeletsPostStartHookIsObserved) {
  ScriptExec();
  Launch(R"("lifecycle": {"postStart": {"exec": {"command": ["warm", "up"]}}})", "to be started");
  ASSERT_TRUE(Exec({"warm", "up"}).ok());  // fails: kubelet will end the container
  exec_passes_ = true;
  ASSERT_TRUE(Exec({"warm"}).ok());
  EXPECT_FALSE(MainExists());
  ASSERT_TRUE(Exec({"warm", "up"}).ok());
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, HttpGetFollowsRedirectsWithinTheHost) {
  std::atomic<bool> ready = false;
  std::atomic<int> requests = 0;
  HttpServer server([&](const SeenRequest& request, HttpExchange& exchange) {
    if (request.target == "/") {
      exchange.Redirect("/health");
    } else {
      ++requests;
      exchange.Reply(ready ? 200 : 503, "");
    }
  });
  Launch(R"("readinessProbe": {"httpGet": {"host": "127.0.0.1", "port": )" + std::to_string(server.port()) +
         "}}");
  ASSERT_TRUE(Eventually([&] { return requests >= 2; }));
  EXPECT_FALSE(MainExists());
  ready = true;
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, HttpGetSendsTheHeadersOfTheSpec) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.Reply(204, ""); });
  Launch(R"("readinessProbe": {"httpGet": {"host": "127.0.0.1", "path": "/ok?deep", "httpHeaders": [
      {"name": "Host", "value": "collector.example"}, {"name": "X-Probe", "value": "a: b"}], "port": )" +
         std::to_string(server.port()) + "}}");
  ASSERT_TRUE(Eventually([&] { return MainExists(); }));
  SeenRequest seen = server.Seen().at(0);
  EXPECT_EQ(seen.target, "/ok?deep");
  EXPECT_EQ(seen.headers["host"], "collector.example");
  EXPECT_EQ(seen.headers["x-probe"], "a: b");
  EXPECT_EQ(seen.headers["user-agent"].substr(0, 11), "kube-probe/");
}

TEST_F(ProberTest, HttpsTrustsAnyCertificate) {
  const TlsServer server(setup_.dir, "");
  std::ofstream(setup_.dir.File("health")) << "ok";
  Launch(
      R"("readinessProbe": {"httpGet": {"scheme": "HTTPS", "path": "/health", "host": "127.0.0.1", "port": )" +
      std::to_string(server.port()) + "}}");
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, HttpGetRedirectedToAnotherHostPasses) {
  HttpServer server(
      [](const SeenRequest&, HttpExchange& exchange) { exchange.Redirect("http://elsewhere.invalid/"); });
  Launch(R"("readinessProbe": {"httpGet": {"host": "127.0.0.1", "port": )" + std::to_string(server.port()) +
         "}}");
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, HttpGetWithARedirectLoopFails) {
  std::atomic<int> requests = 0;
  HttpServer server([&](const SeenRequest&, HttpExchange& exchange) {
    ++requests;
    exchange.Redirect("/");
  });
  Launch(R"("readinessProbe": {"httpGet": {"host": "127.0.0.1", "port": )" + std::to_string(server.port()) +
         "}}");
  EXPECT_TRUE(Eventually([&] { return requests > 11; }));
  EXPECT_FALSE(MainExists());
}

TEST_F(ProberTest, TcpSocket) {
  const LoopbackPort port;
  Launch(R"("readinessProbe": {"tcpSocket": {"port": )" + std::to_string(port.number()) + "}}");
  EXPECT_FALSE(MainExists());
  const int listener = port.Listen();
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
  close(listener);
}

TEST_F(ProberTest, Grpc) {
  const LoopbackPort port;
  std::atomic<bool> serving = false;
  std::atomic<int> requests = 0;
  RawServer health("127.0.0.1:" + std::to_string(port.number()), [&](const std::shared_ptr<RawCall>& call) {
    call->Read([&, call](bool, const std::string& bytes) {
      grpc::health::v1::HealthCheckRequest request;
      EXPECT_TRUE(request.ParseFromString(bytes));
      EXPECT_EQ(request.service(), "s");
      EXPECT_EQ(call->method(), "/grpc.health.v1.Health/Check");
      ++requests;
      grpc::health::v1::HealthCheckResponse response;
      response.set_status(serving ? grpc::health::v1::HealthCheckResponse::SERVING
                                  : grpc::health::v1::HealthCheckResponse::NOT_SERVING);
      call->Reply(response.SerializeAsString());
    });
  });
  Launch(R"("readinessProbe": {"grpc": {"service": "s", "port": )" + std::to_string(port.number()) + "}}");
  ASSERT_TRUE(Eventually([&] { return requests >= 2; }));
  EXPECT_FALSE(MainExists());
  serving = true;
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
}

TEST_F(ProberTest, UnansweredGrpcIsRetriedAfterItsTimeout) {
  const LoopbackPort port;
  std::atomic<int> requests = 0;
  RawServer health("127.0.0.1:" + std::to_string(port.number()), [&](const std::shared_ptr<RawCall>& call) {
    call->Read([&, call](bool, const std::string&) {
      if (++requests == 1) return;
      grpc::health::v1::HealthCheckResponse response;
      response.set_status(grpc::health::v1::HealthCheckResponse::SERVING);
      call->Reply(response.SerializeAsString());
    });
  });
  Launch(R"("readinessProbe": {"grpc": {"port": )" + std::to_string(port.number()) + "}}");
  EXPECT_TRUE(Eventually([&] { return MainExists(); }));
  EXPECT_EQ(requests, 2);
}

TEST_F(ProberTest, EndsWithTheContainer) {
  ScriptExec();
  Launch(R"("readinessProbe": {"exec": {"command": ["cat", "/ok"]}})");
  ASSERT_TRUE(Eventually([&] { return setup_.runtime.Count(Method("ExecSync")) >= 1; }));
  ASSERT_TRUE(setup_.runtime.Exit(proxy_, 1));
  EXPECT_TRUE(Eventually([&] { return MainExists(); })) << "an exited container holds no other";
}

}  // namespace
}  // namespace sidecar_shim::testing
