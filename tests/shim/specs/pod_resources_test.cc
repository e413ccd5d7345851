// The whole shim with a kubelet that serves the podresources API only, which gives
// container names and nothing else.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pod_resources.pb.h"
#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

const std::map<std::string, std::string> kHigh = {{"KRUISE_CONTAINER_PRIORITY", "10"}};

class PodResourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string directory = setup_.config.kubelet_root_dir + "/pod-resources";
    std::filesystem::create_directories(directory);
    kubelet_ = std::make_unique<RawServer>("unix:" + directory + "/kubelet.sock", [this](const auto& call) {
      call->Read([this, call](bool, const std::string&) {
        EXPECT_EQ(call->method(), "/v1.PodResourcesLister/List");
        call->Reply(Response());
      });
    });
  }

  void ListPod(const std::string& pod, std::initializer_list<const char*> containers) {
    const std::lock_guard lock(mutex_);
    v1::PodResources& resources = *response_.add_pod_resources();
    resources.set_name(pod);
    resources.set_namespace_("default");
    for (const char* name : containers) resources.add_containers()->set_name(name);
  }

  bool IsRefused(Pod& pod, const std::string& name, const std::map<std::string, std::string>& envs = {}) {
    return pod.Create(pod.Request(name, envs)).first.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
  }

  std::string Response() {
    const std::lock_guard lock(mutex_);
    return response_.SerializeAsString();
  }

  // response_ is set by the test and served on another thread.
  std::mutex mutex_;
  v1::ListPodResourcesResponse response_;
  ShimSetup setup_;
  std::unique_ptr<RawServer> kubelet_;
};

TEST_F(PodResourcesTest, FirstContainerWaitsForTheEnvsOfTheOthers) {
  ListPod("another", {"x", "y"});
  ListPod("pod-node1", {"high", "low"});
  Pod pod(setup_, std::map<std::string, std::string>{});
  EXPECT_TRUE(IsRefused(pod, "high", kHigh));
  EXPECT_TRUE(IsRefused(pod, "low"));
  EXPECT_FALSE(pod.Launch(pod.Request("high", kHigh)).empty());
  EXPECT_FALSE(pod.Launch(pod.Request("low")).empty());
}

TEST_F(PodResourcesTest, PodWithoutShimEnvsIsNotHeld) {
  ListPod("pod-node1", {"a", "b"});
  Pod pod(setup_, std::map<std::string, std::string>{});
  EXPECT_FALSE(pod.Launch(pod.Request("a")).empty());
  EXPECT_FALSE(pod.Launch(pod.Request("b")).empty());
}

TEST_F(PodResourcesTest, SourceWithCompleteSpecHasPrecedence) {
  ListPod("pod-node1", {"high", "low"});
  Pod pod(setup_, R"({"containers": [{"name": "high", "priority": 10}, {"name": "low"}]})");
  EXPECT_FALSE(pod.Launch(pod.Request("high", kHigh)).empty())
      << "the spec is complete, so no envs are waited for";
}

}  // namespace
}  // namespace sidecar_shim::testing
