#include "shim/cri/methods.h"

#include <gtest/gtest.h>

#include <string>

namespace sidecar_shim::testing {
namespace {

std::string V1(const std::string& name) { return RuntimeMethod(name); }
std::string V1Alpha2(const std::string& name) { return "/runtime.v1alpha2.RuntimeService/" + name; }

TEST(MethodsTest, PathOfAMethod) {
  EXPECT_EQ(RuntimeMethod("Version"), "/runtime.v1.RuntimeService/Version");
}

TEST(MethodsTest, QueriesMayBeSentAgain) {
  for (const char* name : {"Version", "Status", "ListContainers", "ContainerStatus", "PodSandboxStatus",
                           "ListPodSandbox", "ContainerStats", "RuntimeConfig"}) {
    for (const MethodTraits traits : {TraitsOf(V1(name)), TraitsOf(V1Alpha2(name))}) {
      EXPECT_TRUE(traits.unary && traits.only_asks && !traits.endless) << name;
    }
  }
  EXPECT_TRUE(TraitsOf("/runtime.v1.ImageService/ImageStatus").only_asks);
}

// Twice would do it twice, or fail: a container's name is taken by then.
TEST(MethodsTest, ChangesMayNot) {
  for (const char* name : {"RunPodSandbox", "CreateContainer", "StartContainer", "StopContainer", "ExecSync",
                           "Exec", "Attach", "PortForward", "RemoveContainer", "UpdateContainerResources"}) {
    for (const MethodTraits traits : {TraitsOf(V1(name)), TraitsOf(V1Alpha2(name))}) {
      EXPECT_TRUE(traits.unary && !traits.only_asks && !traits.endless) << name;
    }
  }
  EXPECT_FALSE(TraitsOf("/runtime.v1.ImageService/PullImage").only_asks);
}

TEST(MethodsTest, EventsAreEndless) {
  const MethodTraits traits = TraitsOf(V1("GetContainerEvents"));
  EXPECT_TRUE(traits.endless && !traits.unary && !traits.only_asks);
}

TEST(MethodsTest, NothingIsKnownOfOthers) {
  for (const char* path :
       {"", "/", "/runtime.v2.RuntimeService/Version", "/runtime.v1.RuntimeService/version",
        "/runtime.v1.ImageService/Version", "/runtime.v1.RuntimeService/Version ",
        "/runtime.v1.RuntimeService/New", "runtime.v1.RuntimeService/Version"}) {
    const MethodTraits traits = TraitsOf(path);
    EXPECT_FALSE(traits.unary || traits.only_asks || traits.endless) << path;
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
