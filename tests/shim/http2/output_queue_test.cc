#include "shim/http2/output_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "shim/http2/limits.h"
#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::OutputQueue;
using Result = OutputQueue::Result;

class OutputQueueTest : public ::testing::Test {
 protected:
  OutputQueueTest() : sockets_(SocketPair()) {}
  ~OutputQueueTest() override {
    close(sockets_.first);
    ClosePeer();
  }

  void ClosePeer() {
    if (sockets_.second >= 0) close(std::exchange(sockets_.second, -1));
  }
  void Append(std::string_view bytes) {
    queue_.Append(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    expected_ += bytes;
  }
  void AppendSlice(std::string_view bytes) {
    queue_.Append(Slice::CopyOf(bytes));
    expected_ += bytes;
  }
  Result Write() { return queue_.WriteTo(sockets_.first, error_); }
  // `most` bytes of what has arrived.
  void Read(size_t most) {
    std::string chunk(most, '\0');
    const ssize_t got = recv(sockets_.second, chunk.data(), most, 0);
    if (got > 0) arrived_.append(chunk, 0, static_cast<size_t>(got));
  }
  void WriteAndReadAll() {
    while (Write() == Result::kFull) Read(10'000);
    while (arrived_.size() < expected_.size()) Read(1'000'000);
  }

  std::pair<int, int> sockets_;
  OutputQueue queue_;
  std::string expected_;
  std::string arrived_;
  int error_ = 0;
};

TEST_F(OutputQueueTest, AnEmptyOneWritesNothing) {
  EXPECT_EQ(Write(), Result::kEmpty);
  Append("");
  AppendSlice("");
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(Write(), Result::kEmpty);
  Read(1);
  EXPECT_EQ(arrived_, "");
}

TEST_F(OutputQueueTest, SmallAndLargePiecesKeepTheirOrder) {
  for (int i = 0; i < 200; ++i) {
    Append("header" + std::to_string(i));
    AppendSlice(std::string(i % 3 == 0 ? http2::kCopiedBelow : http2::kCopiedBelow - 1,
                            static_cast<char>('a' + i % 26)));
    if (i % 7 == 0) AppendSlice(std::string(70'000, 'L'));
    if (i % 11 == 0) Append(std::string(20'000, 'c'));
  }
  EXPECT_EQ(queue_.size(), expected_.size());
  WriteAndReadAll();
  EXPECT_TRUE(arrived_ == expected_);
  EXPECT_EQ(queue_.size(), 0u);
}

// What is appended while a part of the block for small bytes is on its way neither overwrites nor overtakes
// it.
TEST_F(OutputQueueTest, GoesOnAfterPartialWrites) {
  AppendSlice(std::string(1'000'000, 'L'));
  for (int i = 0; i < 500; ++i) {
    Append("small" + std::to_string(i));
    if (i % 50 == 0) AppendSlice(std::string(5'000, static_cast<char>('a' + i / 50)));
    Write();
    Read(1 + static_cast<size_t>(i) * 17);
  }
  WriteAndReadAll();
  EXPECT_TRUE(arrived_ == expected_);
}

TEST_F(OutputQueueTest, AFullSocketLeavesTheRest) {
  AppendSlice(std::string(4'000'000, 'L'));
  EXPECT_EQ(Write(), Result::kFull);
  const size_t left = queue_.size();
  EXPECT_GT(left, 0u);
  EXPECT_LT(left, 4'000'000u);
  EXPECT_EQ(Write(), Result::kFull);
  EXPECT_EQ(queue_.size(), left);
}

// Without SIGPIPE, which would end the process.
TEST_F(OutputQueueTest, ABrokenSocketSaysWhy) {
  Append("lost");
  ClosePeer();
  EXPECT_EQ(Write(), Result::kBroken);
  EXPECT_EQ(error_, EPIPE);
}

// A large slice is kept by reference, not copied; its block lives until the last byte has gone.
TEST_F(OutputQueueTest, HoldsTheBlockOfALargeSlice) {
  BlockPool pool;
  sidecar_shim::Block* const block = pool.Take();
  std::fill_n(block->data(), block->capacity(), 'b');
  queue_.Append(Slice(*block, block->data(), block->capacity()));
  block->Unref();
  sidecar_shim::Block* const other = pool.Take();
  EXPECT_NE(other, block);
  expected_ = std::string(block->capacity(), 'b');
  other->Unref();
  WriteAndReadAll();
  EXPECT_TRUE(arrived_ == expected_);
  sidecar_shim::Block* const again = pool.Take();
  EXPECT_EQ(again, block);
  again->Unref();
}

}  // namespace
}  // namespace sidecar_shim::testing
