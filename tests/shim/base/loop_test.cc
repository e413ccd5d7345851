#include "shim/base/loop.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/client.h"
#include "tests/support/loop_thread.h"

namespace sidecar_shim::testing {
namespace {

// A body that comes in pieces, and events that a worker has read, would
// otherwise be put together wrongly.
TEST(LoopTest, PostsKeepTheirOrder) {
  LoopThread loop;
  constexpr int kPosts = 1000;
  std::vector<int> seen;
  for (int i = 0; i < kPosts; ++i) {
    loop.loop().Post([&seen, i] { seen.push_back(i); });
  }
  size_t count = 0;
  ASSERT_TRUE(Eventually([&] {
    loop.Do([&] { count = seen.size(); });
    return count == kPosts;
  }));
  loop.Do([&seen] {
    for (int i = 0; i < kPosts; ++i) EXPECT_EQ(seen[i], i);
  });
}

}  // namespace
}  // namespace sidecar_shim::testing
