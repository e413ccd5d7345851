// How the shim receives exits, with containerd's event service and without.
#include "shim/observers/exit_watcher.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "shim/cri/grpc_runtime.h"
#include "tests/support/actuator_support.h"
#include "tests/support/log_capture.h"
#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

constexpr char kSubscribe[] = "/containerd.services.events.v1.Events/Subscribe";
constexpr char kSpec[] = R"({"restartPolicy": "Never", "containers": [
  {"name": "main", "postStart": false}, {"name": "agent", "sidecar": true, "postStart": false}]})";

// The watcher and the reconciler on a FakeLoop, before a real gRPC server.
class ExitWatcherTest : public ActuatorTest {
 protected:
  ~ExitWatcherTest() override {
    exits_.Stop();
    reconciler_.Stop();
  }

  // Until the subscription has been answered and the runtime has been read.
  void Start() {
    runtime_server_.Start();
    exits_.Start();
    reconciler_.Start(nullptr);
    ASSERT_TRUE(
        loop_.RunUntil([this] { return reconciler_.ready() && runtime_server_.Count(kSubscribe) >= 1; }));
  }

  // Before a runtime that has no event service, until the watcher knows it.
  void StartWithoutEvents() {
    runtime_server_.Fail(kSubscribe, grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown service"));
    Start();
    ASSERT_TRUE(
        loop_.RunUntil([this] { return log_.text().find("event service ended") != std::string::npos; }));
  }

  // A job's main container and its sidecar, which run and which the policy knows.
  void Launch() {
    policy::SandboxSeen sandbox;
    cri::RunPodSandboxRequest request;
    request.mutable_config()->mutable_metadata()->set_uid("uid-2");
    sandbox.pod.uid = "uid-2";
    sandbox.sandbox = policy::SandboxId(
        client_.Cri<cri::RunPodSandboxResponse>("RunPodSandbox", request).second.pod_sandbox_id());
    driver_.Post(sandbox);
    main_ = LaunchContainer(sandbox.sandbox, "main", /*sidecar=*/false);
    LaunchContainer(sandbox.sandbox, "sidecar", /*sidecar=*/true);
    ASSERT_TRUE(driver_.engine().HasRunningSidecars());
  }

  std::string LaunchContainer(const policy::SandboxId& sandbox, const std::string& name, bool sidecar) {
    cri::CreateContainerRequest create;
    create.set_pod_sandbox_id(sandbox.value());
    create.mutable_config()->mutable_metadata()->set_name(name);
    cri::StartContainerRequest start;
    start.set_container_id(
        client_.Cri<cri::CreateContainerResponse>("CreateContainer", create).second.container_id());
    EXPECT_TRUE(client_.Cri<cri::StartContainerResponse>("StartContainer", start).first.ok());
    policy::ContainerSeen seen;
    seen.sandbox = sandbox;
    seen.container = policy::ContainerId(start.container_id());
    seen.name = name;
    seen.traits.sidecar = sidecar;
    driver_.Post(seen);
    driver_.Post(policy::ContainerStarted{seen.container});
    return start.container_id();
  }

  // Lets virtual time pass until `condition` holds.
  bool PassTimeUntil(const std::function<bool()>& condition) {
    return loop_.RunUntil([&] {
      loop_.Advance(std::chrono::milliseconds(20));
      return condition();
    });
  }

  bool MainHasExited() const {
    const policy::ContainerRecord* main = driver_.engine().FindContainer(policy::ContainerId(main_));
    return main != nullptr && main->state == policy::RunState::kExited;
  }

  // What has been sent has arrived once this later call has been answered.
  size_t Lists() {
    bool answered = false;
    cri_.PodSandboxStatus(kSandbox, [&answered](const grpc::Status&, const cri::PodSandboxStatusResponse&) {
      answered = true;
    });
    EXPECT_TRUE(loop_.RunUntil([&answered] { return answered; }));
    return runtime_server_.Count(Method("ListPodSandbox"));
  }

  const LogCapture log_;
  TempDir dir_;
  FakeRuntime runtime_server_{dir_.File("runtime.sock")};
  Client client_{dir_.File("runtime.sock")};
  Upstream upstream_{"unix://" + dir_.File("runtime.sock")};
  GrpcRuntime cri_{loop_, upstream_};
  SpecResolver specs_{loop_, driver_, counters_, node_address_};
  Reconciler reconciler_{loop_, driver_, cri_, specs_};
  ExitWatcher exits_{loop_, upstream_, driver_, reconciler_};
  std::string main_;
};

TEST_F(ExitWatcherTest, RuntimeWithoutEventsIsPolledWhileAnExitMatters) {
  StartWithoutEvents();
  Launch();
  const size_t before = Lists();
  const Time began = loop_.Now();
  ASSERT_TRUE(PassTimeUntil([&] { return runtime_server_.Count(Method("ListPodSandbox")) >= before + 4; }));
  EXPECT_GE(loop_.Now() - began, std::chrono::seconds(3));
  EXPECT_EQ(runtime_server_.Count(kSubscribe), 1u);
  ASSERT_TRUE(runtime_server_.Exit(main_, 0));
  EXPECT_TRUE(PassTimeUntil([this] { return MainHasExited(); }));
}

TEST_F(ExitWatcherTest, RuntimeWithoutEventsIsNotPolledWithoutPods) {
  StartWithoutEvents();
  loop_.Advance(std::chrono::seconds(50));
  EXPECT_EQ(Lists(), 1u) << "the one at start";
  EXPECT_EQ(runtime_server_.Count(kSubscribe), 1u);
}

TEST_F(ExitWatcherTest, StreamsThatEndAtOnceAreNotEvents) {
  runtime_server_.Fail(kSubscribe, grpc::Status(grpc::StatusCode::UNAVAILABLE, "not today"));
  Start();
  Launch();
  const size_t lists = Lists();
  const size_t subscribed = runtime_server_.Count(kSubscribe);
  const Time began = loop_.Now();
  ASSERT_TRUE(PassTimeUntil([&] { return runtime_server_.Count(kSubscribe) >= subscribed + 6; }));
  // Polled once a second, not with each new subscription.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(loop_.Now() - began).count();
  EXPECT_LE(Lists(), lists + static_cast<size_t>(seconds) + 2);
  ASSERT_TRUE(runtime_server_.Exit(main_, 0));
  EXPECT_TRUE(PassTimeUntil([this] { return MainHasExited(); }));
}

TEST_F(ExitWatcherTest, EventsReplacePolling) {
  Start();
  ASSERT_TRUE(loop_.RunUntil([this] { return runtime_server_.Subscribers() == 1; }));
  Launch();
  // The subscription counts as accepted after a second, and then the runtime is
  // read once more.
  ASSERT_TRUE(PassTimeUntil([this] { return runtime_server_.Count(Method("ListPodSandbox")) >= 2; }));
  const size_t lists = Lists();
  loop_.Advance(std::chrono::seconds(20));
  EXPECT_EQ(Lists(), lists);
  const Time exited = loop_.Now();
  ASSERT_TRUE(runtime_server_.Exit(main_, 0));
  EXPECT_TRUE(loop_.RunUntil([this] { return MainHasExited(); }));
  EXPECT_EQ(loop_.Now(), exited);
}

TEST(ExitWatcherInShimTest, ExitsDuringAnOutageAreFound) {
  ShimSetup setup;
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Subscribers() == 1; }));
  Pod pod(setup, kSpec);
  const std::string main = pod.Launch(pod.Request("main"));
  const std::string agent =
      pod.Launch(pod.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
  setup.runtime.Stop();
  ASSERT_TRUE(setup.runtime.Exit(main, 0));
  setup.runtime.Start();
  EXPECT_TRUE(Eventually([&] {
    const auto status = setup.runtime.model().Find(agent);
    return status && status->state() == cri::CONTAINER_EXITED;
  }));
}

}  // namespace
}  // namespace sidecar_shim::testing
