#include "shim/http2/closed_streams.h"

#include <gtest/gtest.h>

namespace sidecar_shim::testing {
namespace {

using http2::ClosedStreams;

TEST(ClosedStreamsTest, KnowsWhoEndedAStream) {
  ClosedStreams streams;
  streams.Add(1, /*by_this_side=*/true);
  streams.Add(3, /*by_this_side=*/false);
  EXPECT_EQ(streams.HowEnded(1), ClosedStreams::Ended::kByThisSide);
  EXPECT_EQ(streams.HowEnded(3), ClosedStreams::Ended::kByPeer);
  EXPECT_EQ(streams.HowEnded(5), ClosedStreams::Ended::kUnknown);
}

// No stream at all, and the ids that are a server's.
TEST(ClosedStreamsTest, KnowsNoStreamThatNobodyHasAdded) {
  ClosedStreams streams;
  for (const int32_t id : {0, 2, 128, 129}) {
    EXPECT_EQ(streams.HowEnded(id), ClosedStreams::Ended::kUnknown) << id;
  }
}

TEST(ClosedStreamsTest, KeepsTheLastOnes) {
  ClosedStreams streams;
  for (int32_t id = 1; id < 400; id += 2) streams.Add(id, id % 4 == 1);
  EXPECT_EQ(streams.HowEnded(1), ClosedStreams::Ended::kUnknown);
  for (int32_t id = 301; id < 400; id += 2) {
    EXPECT_EQ(streams.HowEnded(id),
              id % 4 == 1 ? ClosedStreams::Ended::kByThisSide : ClosedStreams::Ended::kByPeer)
        << id;
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
