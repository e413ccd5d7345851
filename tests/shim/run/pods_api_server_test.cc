#include "shim/run/pods_api_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "pods_api.grpc.pb.h"
#include "shim/base/channel.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::ElementsAre;

class PodsApiServerTest : public testing::Test {
 protected:
  PodsApiServerTest() {
    char path[] = "/tmp/run-test-XXXXXX";
    dir_ = mkdtemp(path);
  }
  ~PodsApiServerTest() override { std::filesystem::remove_all(dir_); }

  std::string dir_;
};

TEST_F(PodsApiServerTest, ServesThePodAsKubeletDoes) {
  std::string path = dir_ + "/kubelet/pods-api/pods-api.sock";
  auto server = PodsApiServer::Start(path);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(absl::IsAlreadyExists(PodsApiServer::Start(path).status()));
  core::Pod pod = Model("containers: [{name: a, image: i}]").pod;
  (*server)->SetPod(pod);
  auto stub = ::v1alpha1::Pods::NewStub(OpenChannel("unix://" + path));

  ::v1alpha1::GetPodRequest request;
  request.set_poduid("pod-uid");
  ::v1alpha1::GetPodResponse response;
  grpc::ClientContext get, miss, watch;
  ASSERT_TRUE(stub->GetPod(&get, request, &response).ok());
  core::Pod got;
  ASSERT_TRUE(got.ParseFromString(response.pod()));
  EXPECT_EQ(got.spec().containers(0).name(), "a");
  request.set_poduid("other");
  EXPECT_EQ(stub->GetPod(&miss, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);

  auto reader = stub->WatchPods(&watch, ::v1alpha1::WatchPodsRequest());
  ::v1alpha1::WatchPodsEvent event;
  std::vector<int> types;
  for (int i = 0; i < 3 && reader->Read(&event); ++i) {
    types.push_back(event.type());
    if (event.type() == ::v1alpha1::INITIAL_SYNC_COMPLETE) (*server)->RemovePod("pod-uid");
  }
  EXPECT_THAT(types, ElementsAre(::v1alpha1::ADDED, ::v1alpha1::INITIAL_SYNC_COMPLETE, ::v1alpha1::DELETED));
  ASSERT_TRUE(got.ParseFromString(event.pod()));
  EXPECT_EQ(got.metadata().uid(), "pod-uid");
  EXPECT_FALSE(got.has_spec());
  server->reset();
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/kubelet"));  // the server had made it
}

TEST_F(PodsApiServerTest, DoesNotReplaceAFile) {
  std::ofstream(dir_ + "/file") << "x";
  EXPECT_TRUE(absl::IsFailedPrecondition(PodsApiServer::Start(dir_ + "/file").status()));
}

}  // namespace
}  // namespace sidecar_shim::run
