#include "shim/http2/header_block.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::HeaderBlock;

std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

TEST(HeaderBlockTest, KeepsOrderRepetitionsAndAnyBytes) {
  const Fields fields = {
      {"mine", "1"}, {"other", ""}, {"mine", "2"}, {"mine-bin", std::string("\0\xff", 2)}, {"mine", "1"}};
  const HeaderBlock block = MakeBlock(fields);
  EXPECT_EQ(FieldsOf(block), fields);
  EXPECT_EQ(block.size(), 5u);
  EXPECT_EQ(block.Find("mine"), "1");
  EXPECT_TRUE(block.Has("other"));
}

// Names are in lower case on the wire: nothing is folded here.
TEST(HeaderBlockTest, NamesAreComparedAsTheyAre) {
  const HeaderBlock block = MakeBlock({{"mine", "1"}});
  EXPECT_FALSE(block.Has("Mine"));
  EXPECT_FALSE(block.Has("min"));
  EXPECT_FALSE(block.Has("mine "));
  EXPECT_EQ(block.Find("mines"), "");
}

TEST(HeaderBlockTest, SetReplacesTheFirstInItsPlaceOrAdds) {
  HeaderBlock block = MakeBlock({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  block.Set("a", "longer than before");
  block.Set("c", "4");
  EXPECT_EQ(FieldsOf(block), (Fields{{"a", "longer than before"}, {"b", "2"}, {"a", "3"}, {"c", "4"}}));
}

TEST(HeaderBlockTest, RemoveRemovesAllOfAName) {
  HeaderBlock block = MakeBlock({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  block.Remove("a");
  block.Remove("nothing");
  EXPECT_EQ(FieldsOf(block), (Fields{{"b", "2"}}));
}

TEST(HeaderBlockTest, ACopyIsIndependent) {
  HeaderBlock block = MakeBlock({{"a", "1"}});
  const HeaderBlock copy = block;
  block.Set("a", "2");
  block.Clear();
  EXPECT_TRUE(block.empty());
  block.Add("b", "3");
  EXPECT_EQ(FieldsOf(copy), (Fields{{"a", "1"}}));
  EXPECT_EQ(FieldsOf(block), (Fields{{"b", "3"}}));
}

TEST(HeaderBlockTest, FillNvReplacesWhatWasThere) {
  const HeaderBlock block = MakeBlock({{"a", "1"}, {"b", std::string("\0x", 2)}});
  std::vector<nghttp2_nv> fields(7);
  block.FillNv(fields);
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(Text(fields[1].name, fields[1].namelen), "b");
  EXPECT_EQ(Text(fields[1].value, fields[1].valuelen), std::string("\0x", 2));
}

// A secret that its sender keeps out of compression tables stays out of the next one; so does what is never
// the same twice, which would only drive the rest out.
TEST(HeaderBlockTest, SecretsAndUniqueValuesAreNotIndexed) {
  HeaderBlock block;
  block.Add("authorization", "secret", /*never_index=*/true);
  block.Add("grpc-timeout", "1234567u");
  block.Add("user-agent", "grpc-go/1.64.0");
  std::vector<nghttp2_nv> fields;
  block.FillNv(fields);
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].flags, NGHTTP2_NV_FLAG_NO_INDEX);
  EXPECT_EQ(fields[1].flags, NGHTTP2_NV_FLAG_NO_INDEX);
  EXPECT_EQ(fields[2].flags, NGHTTP2_NV_FLAG_NONE);
}

}  // namespace
}  // namespace sidecar_shim::testing
