#include "shim/kube/expand.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sidecar_shim {
namespace {

TEST(ExpandTest, FollowsKubernetes) {
  std::map<std::string, std::string> values = {{"A", "1"}, {"B", "$(A)"}};
  EXPECT_EQ(Expand("x$(A)y$(A)", values), "x1y1");
  EXPECT_EQ(Expand("$(B)", values), "$(A)");  // once only
  EXPECT_EQ(Expand("$(NONE)", values), "$(NONE)");
  EXPECT_EQ(Expand("$$(A) $$ $ $(", values), "$(A) $ $ $(");
  EXPECT_EQ(Expand("$A $", values), "$A $");
}

}  // namespace
}  // namespace sidecar_shim
