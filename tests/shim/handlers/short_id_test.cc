// Abbreviated ids, as crictl's users write them, through the whole shim.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSpec[] = R"({"restartPolicy": "Always", "containers": [
  {"name": "main", "postStart": false}, {"name": "proxy", "priority": 10, "postStart": false}]})";

std::string Short(const std::string& id) { return id.substr(0, id.size() - 4); }

TEST(ShortIdTest, StartIsHeldAsWithTheFullId) {
  ShimSetup setup;
  // Without a spec nothing is held at the create.
  Pod pod(setup, "");
  const std::string main = pod.Create(pod.Request("main")).second;
  const std::string proxy = pod.Create(pod.Request("proxy", {{"KRUISE_CONTAINER_PRIORITY", "10"}})).second;
  ASSERT_FALSE(main.empty());
  ASSERT_FALSE(proxy.empty());
  cri::StartContainerRequest request;
  request.set_container_id(Short(main));
  auto start = setup.client.Begin(Method("StartContainer"), request.SerializeAsString());
  ASSERT_TRUE(pod.Start(proxy).ok());
  start->Wait();
  std::vector<std::string> started;
  for (const Recorded& call : setup.runtime.Calls(Method("StartContainer"))) {
    ASSERT_TRUE(request.ParseFromString(call.bytes));
    started.push_back(request.container_id());
  }
  EXPECT_THAT(started, ElementsAre(proxy, Short(main)));
}

TEST(ShortIdTest, CreateIsHeldInTheSandboxOfTheFullId) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  cri::CreateContainerRequest request = pod.Request("main");
  request.set_pod_sandbox_id(Short(pod.sandbox()));
  EXPECT_THAT(pod.Create(request).first.error_message(), HasSubstr("waits for \"proxy\""));
}

TEST(ShortIdTest, StoppedSandboxHoldsNoContainer) {
  ShimSetup setup;
  Pod pod(setup, kSpec);
  ASSERT_FALSE(pod.Create(pod.Request("main")).first.ok());
  cri::StopPodSandboxRequest stop;
  stop.set_pod_sandbox_id(Short(pod.sandbox()));
  setup.client.Cri<cri::StopPodSandboxResponse>("StopPodSandbox", stop);
  // In a sandbox that is being stopped no container is held.
  EXPECT_THAT(pod.Create(pod.Request("main")).first.error_message(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace sidecar_shim::testing
