#include "shim/base/slice.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace sidecar_shim::testing {
namespace {

TEST(SliceTest, CopiesAreIndependentOfTheirSource) {
  std::string source = "bytes";
  const Slice slice = Slice::CopyOf(source);
  source = "other";
  EXPECT_EQ(slice.view(), "bytes");
  EXPECT_EQ(Slice::CopyOf("").size(), 0u);
  EXPECT_TRUE(Slice().empty());
  EXPECT_EQ(Slice().view(), "");
}

TEST(SliceTest, PartsOutliveTheWhole) {
  Slice whole = Slice::CopyOf("one two three");
  const Slice first = whole.Prefix(3);
  const Slice second = whole.Part(whole.data() + 4, 3);
  whole.RemovePrefix(8);
  EXPECT_EQ(whole.view(), "three");
  whole = Slice();
  EXPECT_EQ(first.view(), "one");
  EXPECT_EQ(second.view(), "two");
}

TEST(SliceTest, CopyAndMove) {
  Slice slice = Slice::CopyOf("bytes");
  Slice copy = slice;
  const Slice moved = std::move(slice);
  EXPECT_TRUE(slice.empty());  // NOLINT(bugprone-use-after-move): it says so
  EXPECT_EQ(copy.view(), "bytes");
  EXPECT_EQ(copy.data(), moved.data());
  Slice& same = copy;
  copy = same;
  EXPECT_EQ(copy.view(), "bytes");
  copy.RemovePrefix(2);
  EXPECT_EQ(moved.view(), "bytes");
}

TEST(SliceTest, UninitializedIsFilledByItsMaker) {
  Slice slice = Slice::Uninitialized(4);
  std::memcpy(slice.MutableData(), "four", 4);
  EXPECT_EQ(slice.view(), "four");
}

TEST(SliceTest, ExtendsOnlyOverWhatFollowsInItsBlock) {
  const Slice whole = Slice::CopyOf("onetwo");
  Slice slice = whole.Prefix(3);
  EXPECT_FALSE(slice.ExtendBy(whole.data() + 4, 1));
  EXPECT_TRUE(slice.ExtendBy(whole.data() + 3, 2));
  EXPECT_EQ(slice.view(), "onetw");
  EXPECT_FALSE(slice.ExtendBy(whole.data() + 3, 2));
  EXPECT_TRUE(slice.ExtendBy(whole.data() + 5, 1));
  // Behind the block there is somebody else's memory.
  EXPECT_FALSE(slice.ExtendBy(whole.data() + 6, 1));
  EXPECT_FALSE(Slice().ExtendBy(whole.data(), 1));
  EXPECT_EQ(slice.view(), "onetwo");
}

TEST(BlockPoolTest, TheLastOneFreedIsUsedNext) {
  BlockPool pool;
  Block* const first = pool.Take();
  Block* const second = pool.Take();
  EXPECT_NE(first, second);
  EXPECT_EQ(first->capacity(), BlockPool::kBlockSize);
  EXPECT_TRUE(first->Contains(first->data()));
  EXPECT_TRUE(first->Contains(first->data() + first->capacity() - 1));
  EXPECT_FALSE(first->Contains(first->data() + first->capacity()));
  second->Unref();
  first->Unref();
  Block* const again = pool.Take();
  EXPECT_EQ(again, first);
  again->Unref();
}

TEST(BlockPoolTest, ABlockReturnsWithItsLastReference) {
  BlockPool pool;
  Block* const block = pool.Take();
  std::memcpy(block->data(), "text", 4);
  Slice slice(*block, block->data(), 4);
  block->Unref();
  Block* const other = pool.Take();
  EXPECT_NE(other, block);
  Slice copy = slice;
  slice = Slice();
  EXPECT_EQ(copy.view(), "text");
  copy = Slice();
  Block* const again = pool.Take();
  EXPECT_EQ(again, block);
  // It counts from one again.
  again->Unref();
  Block* const once_more = pool.Take();
  EXPECT_EQ(once_more, block);
  once_more->Unref();
  other->Unref();
}

TEST(BlockPoolTest, ManyBlocksAndTrim) {
  BlockPool pool;
  for (int round = 0; round < 2; ++round) {
    std::vector<Block*> blocks;
    for (int i = 0; i < 50; ++i) {
      blocks.push_back(pool.Take());
      std::memset(blocks.back()->data(), i, blocks.back()->capacity());
    }
    for (Block* block : blocks) block->Unref();
    pool.Trim();
    pool.Trim();
  }
  Block* const block = pool.Take();
  pool.Trim();  // not what is in use
  block->data()[0] = 1;
  block->Unref();
}

}  // namespace
}  // namespace sidecar_shim::testing
