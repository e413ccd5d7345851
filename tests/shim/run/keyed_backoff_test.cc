#include "shim/run/keyed_backoff.h"

#include <gtest/gtest.h>

namespace sidecar_shim::run {
namespace {

TEST(KeyedBackoffTest, DoublesUpToTheMaximumAndIsForgotten) {
  KeyedBackoff backoff(absl::Seconds(10), absl::Seconds(30));
  absl::Time now = absl::FromUnixSeconds(1000);
  EXPECT_EQ(backoff.AllowedAt("a", now), absl::InfinitePast());
  for (int expected : {10, 20, 30, 30}) {
    backoff.RecordAttempt("a", now, now);
    EXPECT_EQ(backoff.AllowedAt("a", now), now + absl::Seconds(expected));
    now += absl::Seconds(expected);
  }
  EXPECT_EQ(backoff.AllowedAt("b", now), absl::InfinitePast());
  EXPECT_EQ(backoff.AllowedAt("a", now + absl::Seconds(100)), absl::InfinitePast());
}

}  // namespace
}  // namespace sidecar_shim::run
