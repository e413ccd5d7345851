#include "shim/relay/method_table.h"

#include <gtest/gtest.h>

#include <memory>

namespace sidecar_shim::testing {
namespace {

constexpr char kQuery[] = "/runtime.v1.RuntimeService/Version";

TEST(MethodTableTest, FindsTheHandlerOfExactlyThatPath) {
  HandlerTable handlers;
  int made = 0;
  handlers[kQuery] = [&made] {
    ++made;
    return std::make_unique<CallHandler>();
  };
  handlers["/null/Maker"] = [] { return nullptr; };
  EXPECT_NE(LookUp(kQuery, handlers).handler, nullptr);
  EXPECT_NE(LookUp(kQuery, handlers).handler, nullptr);
  EXPECT_EQ(made, 2);  // one for each call
  EXPECT_EQ(LookUp("/null/Maker", handlers).handler, nullptr);
  for (const char* path :
       {"", "/", "/runtime.v1.RuntimeService/version", "/runtime.v1.RuntimeService/Version/",
        "runtime.v1.RuntimeService/Version", "/runtime.v1.RuntimeService/Versio"}) {
    EXPECT_EQ(LookUp(path, handlers).handler, nullptr) << path;
  }
  EXPECT_EQ(made, 2);
}

TEST(MethodTableTest, KnowsTraitsAndEndpoint) {
  const Method query = LookUp(kQuery, {});
  EXPECT_TRUE(query.traits.only_asks);
  EXPECT_FALSE(query.images);
  EXPECT_TRUE(LookUp("/runtime.v1.ImageService/PullImage", {}).images);
  EXPECT_TRUE(LookUp("/runtime.v1alpha2.ImageService/ListImages", {}).images);
  // Of an image service that is not known yet, too.
  EXPECT_TRUE(LookUp("/runtime.v2.ImageService/New", {}).images);
  EXPECT_FALSE(LookUp("/runtime.v1.RuntimeService/ImageService", {}).images);
  EXPECT_FALSE(LookUp("/some.Service/Method", {}).traits.unary);
}

TEST(MethodTableTest, ServiceOfAPath) {
  EXPECT_EQ(ServiceOf("/a.b.C/Method"), "a.b.C");
  EXPECT_EQ(ServiceOf("a.b.C/Method"), "a.b.C");
  EXPECT_EQ(ServiceOf("/nothing"), "nothing");
  EXPECT_EQ(ServiceOf("/"), "");
  EXPECT_EQ(ServiceOf(""), "");
}

// Whatever a path looks like that containerd takes for one of its own.
TEST(MethodTableTest, ContainerdsOwnServicesAreNotServed) {
  EXPECT_FALSE(IsServed("/containerd.services.images.v1.Images/List"));
  EXPECT_FALSE(IsServed("containerd.services.tasks.v1.Tasks/Create"));
  EXPECT_FALSE(IsServed("/containerd.New/Method"));
  EXPECT_TRUE(IsServed(kQuery));
  EXPECT_TRUE(IsServed("/some.containerd.Service/Method"));
  EXPECT_TRUE(IsServed("/containerdx.Service/Method"));
  EXPECT_TRUE(IsServed(""));
}

}  // namespace
}  // namespace sidecar_shim::testing
