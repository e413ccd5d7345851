#include "shim/formats/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sidecar_shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string One(const std::string& yaml) {
  auto documents = YamlToJson(yaml);
  if (!documents.ok()) return std::string(documents.status().message());
  return documents->size() == 1 ? documents->front() : "not one document";
}

std::string Error(const std::string& yaml) {
  auto documents = YamlToJson(yaml);
  return documents.ok() ? "no error" : std::string(documents.status().message());
}

TEST(YamlTest, PlainScalarsHaveTypes) {
  EXPECT_EQ(One("[1, -2, +3, 0, 0x1F, 0o17, 0644]"), "[1,-2,3,0,31,15,420]");
  EXPECT_EQ(One("[18446744073709551615, -9223372036854775808]"),
            "[18446744073709551615,-9223372036854775808]");
  EXPECT_EQ(One("[1.5, .5, 1e3, -2.]"), "[1.5,0.5,1000.0,-2.0]");
  EXPECT_EQ(One("[true, True, FALSE, null, ~, Null]"), "[true,true,false,null,null,null]");
}

TEST(YamlTest, OtherPlainScalarsAreStrings) {
  EXPECT_EQ(One("[yes, on, 1.2.3, 10s, 0x, '-', 1e, +, 2024-01-01, a b]"),
            R"(["yes","on","1.2.3","10s","0x","-","1e","+","2024-01-01","a b"])");
}

TEST(YamlTest, QuotedAndBlockScalarsAreStrings) {
  EXPECT_EQ(One("a: '1'\nb: \"true\"\nc: |\n  2\nd: !!str 3\ne: ''"),
            R"({"a":"1","b":"true","c":"2\n","d":"3","e":""})");
}

TEST(YamlTest, KeysKeepTheirOrder) {
  EXPECT_EQ(One("z: 1\na: {y: , b: []}"), R"({"z":1,"a":{"y":null,"b":[]}})");
}

TEST(YamlTest, EachDocumentIsConverted) {
  EXPECT_THAT(*YamlToJson("---\na: 1\n---\n---\n- b\n"), ElementsAre(R"({"a":1})", "null", R"(["b"])"));
  EXPECT_THAT(*YamlToJson(""), IsEmpty());
}

TEST(YamlTest, AliasesAreExpanded) { EXPECT_EQ(One("a: &x {b: 1}\nc: *x"), R"({"a":{"b":1},"c":{"b":1}})"); }

TEST(YamlTest, ReadsLikeKubernetes) {
  auto read = [](const std::string& yaml) {
    auto documents = YamlToJson(yaml, YamlReading::kAsKubernetes);
    return documents.ok() ? absl::StrJoin(*documents, "|") : std::string(documents.status().message());
  };
  EXPECT_EQ(read("a: 1\n---\nb: [\n"), R"({"a":1})");
  EXPECT_EQ(read("a: 1\nb: 2\na: {c: 3}"), R"({"a":{"c":3},"b":2})");
  EXPECT_EQ(read("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}"), R"({"x":{"a":1,"b":2},"y":{"a":1,"b":3}})");
  EXPECT_EQ(read("{<<: [{a: 1}, {a: 2, b: 2, <<: {c: 3}}]}"), R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(read("{a: 0, <<: {a: 1}, b: 2}"), R"({"a":1,"b":2})");
  EXPECT_THAT(read("a: 1\n<<: 7"), HasSubstr("line 2: the value of a merge key (<<) must be a mapping"));
  EXPECT_THAT(read("a: 1\n<<: [{b: 1}, 7]"),
              HasSubstr("line 2: the value of a merge key (<<) must be a mapping"));
  EXPECT_THAT(read("a: 1\n<<: null"), HasSubstr("line 2: the value of a merge key (<<) must be a mapping"));
  EXPECT_EQ(read(""), "null");
}

TEST(YamlTest, ErrorsNameTheLine) {
  EXPECT_EQ(Error("a: 1\nb: 2\na: 3"), "line 3: duplicate key a");
  EXPECT_THAT(Error("a: {b: 1, b: 2}"), HasSubstr("line 1: duplicate key b"));
  EXPECT_THAT(Error("a: [1\nb: 2"), HasSubstr("line "));
  EXPECT_THAT(Error("a: 1\n? [b]\n: 2"), HasSubstr("line 2: a key must be a scalar"));
  EXPECT_THAT(Error("x: &x {a: 1}\ny:\n  <<: *x"), HasSubstr("merge keys"));
  EXPECT_THAT(Error("a: !secret b"), HasSubstr("unknown tag !secret"));
  EXPECT_THAT(Error("a: .inf"), HasSubstr("line 1: .inf"));
  EXPECT_THAT(Error("a: *nowhere"), HasSubstr("line 1"));
}

TEST(YamlTest, AliasBombsAndDeepNestingAreRejected) {
  EXPECT_THAT(Error("&a [*a]"), HasSubstr("nested deeper"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&bomb, "*a", i - 1, ", ");
    bomb += "x]\n";
  }
  EXPECT_THAT(Error(bomb), HasSubstr("too large"));
  EXPECT_FALSE(YamlToJson(std::string(100000, '[')).ok());
}

}  // namespace
}  // namespace sidecar_shim
