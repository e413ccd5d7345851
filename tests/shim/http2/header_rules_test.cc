// RFC 9113, sections 8.1 to 8.3: which header blocks are malformed.
#include "shim/http2/header_rules.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using http2::BlockKind;

struct RulesCase {
  std::string name;
  BlockKind kind;
  Fields fields;
  bool well_formed;
};

void PrintTo(const RulesCase& rules_case, std::ostream* out) { *out << rules_case.name; }

Fields Request(const Fields& more) {
  Fields fields = {{":method", "POST"}, {":scheme", "http"}, {":path", "/a.B/C"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Fields Response(const Fields& more) {
  Fields fields = {{":status", "200"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

class HeaderRules : public ::testing::TestWithParam<RulesCase> {};

TEST_P(HeaderRules, Judge) {
  EXPECT_EQ(http2::IsWellFormed(MakeBlock(GetParam().fields), GetParam().kind), GetParam().well_formed);
}

std::string NameOfCase(const ::testing::TestParamInfo<RulesCase>& info) { return info.param.name; }

constexpr BlockKind kAsk = BlockKind::kRequest;
constexpr BlockKind kAnswer = BlockKind::kResponse;
constexpr BlockKind kLast = BlockKind::kTrailers;

INSTANTIATE_TEST_SUITE_P(
    Of, HeaderRules,
    ::testing::Values(
        RulesCase{"Request", kAsk, Request({}), true},
        RulesCase{"RequestWithAuthority", kAsk, Request({{":authority", "localhost"}, {"te", "trailers"}}),
                  true},
        RulesCase{
            "RequestInAnyOrder", kAsk, {{":path", "/"}, {":method", "POST"}, {":scheme", "http"}}, true},
        RulesCase{"NoFields", kAsk, {}, false},
        RulesCase{"NoMethod", kAsk, {{":scheme", "http"}, {":path", "/"}}, false},
        RulesCase{"NoScheme", kAsk, {{":method", "POST"}, {":path", "/"}}, false},
        RulesCase{"NoPath", kAsk, {{":method", "POST"}, {":scheme", "http"}}, false},
        RulesCase{"EmptyPath", kAsk, {{":method", "POST"}, {":scheme", "http"}, {":path", ""}}, false},
        RulesCase{"TwoPaths", kAsk, Request({{":path", "/d"}}), false},
        RulesCase{"TwoAuthorities", kAsk, Request({{":authority", "a"}, {":authority", "a"}}), false},
        RulesCase{"StatusInRequest", kAsk, Request({{":status", "200"}}), false},
        RulesCase{"UnknownPseudoField", kAsk, Request({{":protocol", "x"}}), false},
        RulesCase{"PseudoFieldAfterOthers", kAsk, Request({{"a", "1"}, {":authority", "b"}}), false},
        RulesCase{"Response", kAnswer, Response({{"content-type", "application/grpc"}}), true},
        RulesCase{"InformationalResponse", kAnswer, {{":status", "103"}}, true},
        RulesCase{"NoStatus", kAnswer, {{"content-type", "application/grpc"}}, false},
        RulesCase{"TwoStatuses", kAnswer, Response({{":status", "200"}}), false},
        RulesCase{"ShortStatus", kAnswer, {{":status", "20"}}, false},
        RulesCase{"LongStatus", kAnswer, {{":status", "2000"}}, false},
        RulesCase{"StatusOfLetters", kAnswer, {{":status", "2x0"}}, false},
        RulesCase{"EmptyStatus", kAnswer, {{":status", ""}}, false},
        RulesCase{"StatusAfterOthers", kAnswer, {{"a", "1"}, {":status", "200"}}, false},
        RulesCase{"PathInResponse", kAnswer, Response({{":path", "/"}}), false},
        RulesCase{"Trailers", kLast, {{"grpc-status", "0"}}, true}, RulesCase{"NoTrailers", kLast, {}, true},
        RulesCase{"PseudoFieldInTrailers", kLast, {{":status", "200"}, {"grpc-status", "0"}}, false},
        RulesCase{"PathInTrailers", kLast, {{"grpc-status", "0"}, {":path", "/"}}, false}),
    &NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    OfFields, HeaderRules,
    ::testing::Values(RulesCase{"EmptyName", kAsk, Request({{"", "x"}}), false},
                      RulesCase{"UpperCase", kAsk, Request({{"Mine", "x"}}), false},
                      RulesCase{"SpaceInName", kAsk, Request({{"mi ne", "x"}}), false},
                      RulesCase{"ColonInName", kAsk, Request({{"mi:ne", "x"}}), false},
                      RulesCase{"ControlInName", kAsk, Request({{"mi\x01ne", "x"}}), false},
                      RulesCase{"DeleteInName", kAsk, Request({{"mi\x7fne", "x"}}), false},
                      RulesCase{"HighByteInName", kAsk, Request({{"mi\x80ne", "x"}}), false},
                      RulesCase{"MarksInName", kAsk, Request({{"!#$%&'*+-.^_`|~0", "x"}}), true},
                      RulesCase{"EmptyValue", kAsk, Request({{"mine", ""}}), true},
                      RulesCase{"ZeroInValue", kAsk, Request({{"mine", std::string("a\0b", 3)}}), false},
                      RulesCase{"NewlineInValue", kAsk, Request({{"mine", "a\nb"}}), false},
                      RulesCase{"ReturnInValue", kAsk, Request({{"mine", "a\rb"}}), false},
                      // gRPC wants text, and does not send it always.
                      RulesCase{"HighBytesInValue", kAsk, Request({{"mine", "\x80\xff\t\x01"}}), true},
                      RulesCase{"Connection", kAsk, Request({{"connection", "close"}}), false},
                      RulesCase{"KeepAlive", kAnswer, Response({{"keep-alive", "1"}}), false},
                      RulesCase{"ProxyConnection", kAsk, Request({{"proxy-connection", "close"}}), false},
                      RulesCase{"TransferEncoding", kAnswer, Response({{"transfer-encoding", "chunked"}}),
                                false},
                      RulesCase{"Upgrade", kAsk, Request({{"upgrade", "h2c"}}), false},
                      RulesCase{"ConnectionInTrailers", kLast, {{"connection", "close"}}, false},
                      RulesCase{"OtherTe", kAsk, Request({{"te", "gzip"}}), false},
                      RulesCase{"TeOfMore", kAsk, Request({{"te", "trailers, gzip"}}), false},
                      RulesCase{"TeTrailers", kAsk, Request({{"te", "trailers"}}), true},
                      RulesCase{"RepeatedField", kAsk, Request({{"mine", "1"}, {"mine", "1"}}), true}),
    &NameOfCase);

}  // namespace
}  // namespace sidecar_shim::testing
