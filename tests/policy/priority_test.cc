// Parsing of KRUISE_CONTAINER_PRIORITY and the Ordered annotation.
#include "policy/priority.h"

#include <gtest/gtest.h>

namespace sidecar_shim::policy {
namespace {

using Kind = Priority::Kind;

struct Case {
  const char* text;
  Kind kind;
  int64_t value;
};

TEST(Priority, ParsesLikeGoWithinTheDocumentedRange) {
  const Case kCases[] = {
      {"0", Kind::kValue, 0},
      {"7", Kind::kValue, 7},
      {"-7", Kind::kValue, -7},
      {"+5", Kind::kValue, 5},
      {"007", Kind::kValue, 7},
      {"-0", Kind::kValue, 0},
      {"2147483647", Kind::kValue, 2147483647},
      {"-2147483647", Kind::kValue, -2147483647},
      {"2147483648", Kind::kInvalid, 0},
      {"-2147483648", Kind::kInvalid, 0},
      {"9223372036854775807", Kind::kInvalid, 0},
      {"9223372036854775808", Kind::kInvalid, 0},
      {"99999999999999999999999999", Kind::kInvalid, 0},
      {"", Kind::kInvalid, 0},
      {"-", Kind::kInvalid, 0},
      {"+", Kind::kInvalid, 0},
      {"+-1", Kind::kInvalid, 0},
      {" 5", Kind::kInvalid, 0},
      {"5 ", Kind::kInvalid, 0},
      {"5\n", Kind::kInvalid, 0},
      {"1_000", Kind::kInvalid, 0},
      {"0x10", Kind::kInvalid, 0},
      {"1e3", Kind::kInvalid, 0},
      {"1.0", Kind::kInvalid, 0},
      {"high", Kind::kInvalid, 0},
      {"\xef\xbc\x95", Kind::kInvalid, 0},  // a full-width 5
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const Priority priority = ParsePriority(c.text);
    EXPECT_EQ(priority.kind, c.kind);
    EXPECT_EQ(priority.value, c.value);
    EXPECT_EQ(priority.text, c.kind == Kind::kInvalid ? c.text : "");
  }
}

TEST(Priority, OrderedIsMatchedExactly) {
  const std::string key(kOrderedAnnotation);
  EXPECT_TRUE(IsOrdered({{key, "Ordered"}}));
  for (const char* other : {"ordered", "ORDERED", " Ordered", "true", ""}) {
    EXPECT_FALSE(IsOrdered({{key, other}})) << other;
  }
  EXPECT_FALSE(IsOrdered({}));
}

}  // namespace
}  // namespace sidecar_shim::policy
