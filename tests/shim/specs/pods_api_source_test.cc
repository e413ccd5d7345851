// The whole shim with a kubelet whose PodsAPI starts late, fails, hangs or sends
// malformed responses.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "kube.pb.h"
#include "pods_api.pb.h"
#include "shim/specs/spec_source.h"
#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;
namespace core = k8s::io::api::core::v1;

constexpr char kGetPod[] = "/v1alpha1.Pods/GetPod";
constexpr char kWatchPods[] = "/v1alpha1.Pods/WatchPods";
constexpr char kOrdered[] = R"({"containers": [{"name": "main"}, {"name": "proxy", "priority": 10}]})";

// The pod of pod_support.h: "main" and the sidecar "agent", restartPolicy Never.
core::Pod JobPod() {
  core::Pod pod;
  pod.mutable_metadata()->set_name("pod-node1");
  pod.mutable_metadata()->set_namespace_("default");
  pod.mutable_metadata()->set_uid("uid-1");
  pod.mutable_spec()->set_restartpolicy("Never");
  pod.mutable_spec()->add_containers()->set_name("main");
  core::Container& agent = *pod.mutable_spec()->add_containers();
  agent.set_name("agent");
  core::EnvVar& env = *agent.add_env();
  env.set_name("KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT");
  env.set_value("true");
  return pod;
}

std::string Added(const core::Pod& pod) {
  v1alpha1::WatchPodsEvent event;
  event.set_type(v1alpha1::ADDED);
  event.set_pod(pod.SerializeAsString());
  return event.SerializeAsString();
}

class PodsApiSourceTest : public ::testing::Test {
 protected:
  PodsApiSourceTest() {
    std::filesystem::create_directories(setup_.dir.File("kubelet/pods-api"));
    // A watch that reports no pod.
    api_.Hang(kWatchPods);
  }
  ~PodsApiSourceTest() override { setup_.shim.reset(); }

  void GetPodReturns(const core::Pod& pod) { GetPodReturns(pod.SerializeAsString()); }
  void GetPodReturns(const std::string& pod) {
    v1alpha1::GetPodResponse response;
    response.set_pod(pod);
    api_.On(kGetPod, [this, bytes = response.SerializeAsString()](const std::shared_ptr<RawCall>& call) {
      call->Read([this, call, bytes](bool, const std::string& request) {
        api_.Record(call, request);
        call->Reply(bytes);
      });
    });
  }

  // Runs a job pod whose main container fails. Only with the restartPolicy (Never)
  // can the shim know that main will not restart, and stop the agent.
  void RunFailedJob() {
    Pod pod(setup_, "{}");
    const std::string main = pod.Launch(pod.Request("main"));
    agent_ = pod.Launch(pod.Request("agent", {{"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"}}));
    ASSERT_FALSE(main.empty());
    ASSERT_FALSE(agent_.empty());
    ASSERT_TRUE(setup_.runtime.Exit(main, 1));
  }

  bool AgentEnded() {
    const auto status = setup_.runtime.model().Find(agent_);
    return status && status->state() == cri::CONTAINER_EXITED;
  }

  ShimSetup setup_;
  FakeRuntime api_{setup_.dir.File("kubelet/pods-api/pods-api.sock")};
  std::string agent_;
};

TEST_F(PodsApiSourceTest, WatchStartsWhenTheSocketAppears) {
  RunFailedJob();
  api_.On(kWatchPods, [bytes = Added(JobPod())](const std::shared_ptr<RawCall>& call) {
    call->Read([call, bytes](bool, const std::string&) { call->Write(bytes, [](bool) {}); });
  });
  api_.Start();
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

// kubelet ends the watch of a client that reads too slowly; a new watch begins with
// all pods.
TEST_F(PodsApiSourceTest, WatchThatKubeletEndsIsRestarted) {
  core::Pod other = JobPod();
  other.mutable_metadata()->set_uid("uid-0");
  std::atomic<int> watches = 0;
  api_.On(kWatchPods,
          [&watches, first = Added(other), then = Added(JobPod())](const std::shared_ptr<RawCall>& call) {
            const bool drop = ++watches == 1;
            call->Read([=](bool, const std::string&) {
              call->Write(drop ? first : then, [call, drop](bool) {
                if (drop) call->Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow"));
              });
            });
          });
  api_.Fail(kGetPod, grpc::Status(grpc::StatusCode::NOT_FOUND, "no such pod"));
  api_.Start();
  ASSERT_TRUE(Eventually([&] { return watches == 1; }));
  RunFailedJob();
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
  EXPECT_GE(watches, 2);
}

TEST(SpecSourceTest, StartingKubeletIsFailedPrecondition) {
  const grpc::Status starting(grpc::StatusCode::FAILED_PRECONDITION, "Kubelet is initializing");
  EXPECT_TRUE(absl::IsFailedPrecondition(ToSourceStatus(starting)));
}

TEST_F(PodsApiSourceTest, StartingKubeletIsRetriedInTheBackground) {
  api_.Fail(kGetPod, grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "Kubelet is initializing"));
  api_.Start();
  RunFailedJob();
  // No CRI call reaches the shim from here on.
  GetPodReturns(JobPod());
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

TEST_F(PodsApiSourceTest, HangingKubeletIsRetriedInTheBackground) {
  api_.Hang(kGetPod);
  api_.Start();
  RunFailedJob();
  // The CreateContainer waited until the query timed out.
  EXPECT_TRUE(Eventually([this] { return api_.CancelledWhileHanging() >= 1; }));
  GetPodReturns(JobPod());
  EXPECT_TRUE(Eventually([this] { return AgentEnded(); }));
}

TEST_F(PodsApiSourceTest, MalformedResponsesDoNotHideOtherSources) {
  core::Pod empty = JobPod();
  empty.mutable_spec()->clear_containers();
  core::Pod stale = JobPod();
  stale.mutable_metadata()->set_uid("uid-0");
  api_.Start();
  size_t calls = 0;
  for (const std::string& response :
       {empty.SerializeAsString(), stale.SerializeAsString(), std::string("\xff\xff")}) {
    GetPodReturns(response);
    Pod pod(setup_, kOrdered);
    EXPECT_EQ(pod.Create(pod.Request("main")).first.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_GT(api_.Count(kGetPod), calls);
    calls = api_.Count(kGetPod);
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
