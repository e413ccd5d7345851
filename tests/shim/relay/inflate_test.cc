#include "shim/relay/inflate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/support/deflate.h"

namespace sidecar_shim::testing {
namespace {

constexpr size_t kAmple = 1024 * 1024;

TEST(InflateTest, GzipAndDeflate) {
  std::string large;
  while (large.size() < 300'000) large += std::to_string(large.size() * 7919) + ' ';
  for (const std::string& plain : {std::string(), std::string("m"), std::string("\0\xff", 2), large}) {
    EXPECT_EQ(Inflate("gzip", Gzip(plain), kAmple), plain);
    EXPECT_EQ(Inflate("deflate", ZlibDeflate(plain), kAmple), plain);
  }
}

TEST(InflateTest, GarbageIsNothing) {
  const std::string packed = Gzip(std::string(1000, 'x') + "some more text");
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  for (const std::string& bytes : {std::string(), std::string("plain text"), std::string(100, '\0'),
                                   packed.substr(0, 5), packed.substr(0, packed.size() - 1), damaged}) {
    EXPECT_EQ(Inflate("gzip", bytes, kAmple), std::nullopt);
    EXPECT_EQ(Inflate("deflate", bytes, kAmple), std::nullopt);
  }
}

TEST(InflateTest, OtherEncodingsAreNotKnown) {
  const std::string packed = Gzip("text");
  for (const char* encoding : {"", "identity", "snappy", "zstd", "GZIP", "gzip "}) {
    EXPECT_EQ(Inflate(encoding, packed, kAmple), std::nullopt) << encoding;
  }
}

// A few bytes may stand for very many.
TEST(InflateTest, StopsAtItsLimit) {
  const std::string bomb = Gzip(std::string(50'000'000, '\0'));
  EXPECT_EQ(Inflate("gzip", bomb, kAmple), std::nullopt);
  const std::string plain(40'000, 'x');
  EXPECT_EQ(Inflate("gzip", Gzip(plain), 40'000), plain);
  EXPECT_EQ(Inflate("gzip", Gzip(plain), 39'999), std::nullopt);
  EXPECT_EQ(Inflate("gzip", Gzip(""), 0), "");
}

TEST(InflateTest, AListIsKnownWhereEachOfItIs) {
  for (const char* list : {"", "gzip", "identity", "deflate,gzip", "identity, deflate , gzip", " gzip ,, "}) {
    EXPECT_TRUE(CanInflateAll(list)) << list;
  }
  for (const char* list : {"snappy", "gzip,snappy", "gzip;q=1", "*", "zstd, gzip"}) {
    EXPECT_FALSE(CanInflateAll(list)) << list;
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
