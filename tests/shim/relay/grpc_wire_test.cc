#include "shim/relay/grpc_wire.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/support/http2_side.h"

namespace sidecar_shim::testing {
namespace {

using namespace std::chrono_literals;
using grpc::StatusCode;

constexpr size_t kLongestText = 32 * 1024;

std::string Encoded(const std::string& message) {
  return std::string(TrailersOf(grpc::Status(StatusCode::UNKNOWN, message)).Find("grpc-message"));
}

std::string Decoded(const std::string& text) {
  return StatusOf(MakeBlock({{"grpc-status", "2"}, {"grpc-message", text}})).error_message();
}

TEST(GrpcWireTest, PrefixHoldsTheSize) {
  const std::string framed = WithPrefix(std::string(0x010203, 'm'));
  EXPECT_EQ(framed.substr(0, 5), std::string("\0\0\x01\x02\x03", 5));
  EXPECT_EQ(framed.size(), kMessagePrefix + 0x010203);
  EXPECT_EQ(WithPrefix(""), std::string(5, '\0'));
  EXPECT_FALSE(IsCompressed(framed));
  EXPECT_TRUE(IsCompressed(std::string("\1\0\0\0\0", 5)));
}

TEST(GrpcWireTest, SizeIsKnownOnceThePrefixIsThere) {
  EXPECT_EQ(MessageSize(""), std::nullopt);
  EXPECT_EQ(MessageSize(std::string(4, '\0')), std::nullopt);
  EXPECT_EQ(MessageSize(std::string(5, '\0')), 5u);
  EXPECT_EQ(MessageSize(WithPrefix("message")), 12u);
  EXPECT_EQ(MessageSize(std::string("\1\xff\xff\xff\xff", 5)), 0xffffffffull + 5);
}

TEST(GrpcWireTest, EachCodeGoesBothWays) {
  for (int code = 0; code <= 16; ++code) {
    const grpc::Status status(static_cast<StatusCode>(code), "text");
    const grpc::Status back = StatusOf(TrailersOf(status));
    EXPECT_EQ(back.error_code(), code);
    EXPECT_EQ(back.error_message(), "text");
  }
}

TEST(GrpcWireTest, AMissingOrMalformedCodeIsUnknown) {
  EXPECT_EQ(StatusOf(http2::HeaderBlock()).error_code(), StatusCode::UNKNOWN);
  for (const char* code : {"", "17", "-1", "x", "0x0", " 0", "0 ", "+0", "99999999999999999999"}) {
    EXPECT_EQ(StatusOf(MakeBlock({{"grpc-status", code}})).error_code(), StatusCode::UNKNOWN) << code;
  }
}

TEST(GrpcWireTest, AnswerWithoutAMessageIsOneBlock) {
  const Fields expected = {{":status", "200"},
                           {"content-type", "application/grpc"},
                           {"grpc-status", "5"},
                           {"grpc-message", "no%0Asuch"}};
  EXPECT_EQ(FieldsOf(TrailersOnly(grpc::Status(StatusCode::NOT_FOUND, "no\nsuch"))), expected);
  EXPECT_EQ(FieldsOf(TrailersOf(grpc::Status::OK)), (Fields{{"grpc-status", "0"}}));
}

TEST(GrpcWireTest, TextIsPercentEncoded) {
  EXPECT_EQ(Encoded("plain text, ~ and !"), "plain text, ~ and !");
  EXPECT_EQ(Encoded("100%"), "100%25");
  EXPECT_EQ(Encoded("\t\x7f"), "%09%7F");
  EXPECT_EQ(Encoded("\xc3\xa4"), "%C3%A4");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(Decoded(Encoded(all)), all);
}

TEST(GrpcWireTest, InvalidEscapesStayAsTheyAre) {
  for (const char* text : {"%", "a%", "%4", "%zz", "%4z", "%z4", "%%", "% 41", "%-1", "%+1"}) {
    EXPECT_EQ(Decoded(text), text);
  }
  EXPECT_EQ(Decoded("%41%4a%4A"), "AJJ");
  EXPECT_EQ(Decoded("%%41"), "%A");
  EXPECT_EQ(Decoded("%2541"), "%41");
  EXPECT_EQ(Decoded("\xc3\xa4"), "\xc3\xa4");  // some servers do not encode
}

TEST(GrpcWireTest, LongTextIsCutBetweenCharacters) {
  for (const std::string& character : {std::string("a"), std::string("%"), std::string("\xc3\xa4"),
                                       std::string("\xe6\xbc\xa2"), std::string("\xf0\x9f\x90\xb3")}) {
    for (const std::string& start : {std::string(), std::string("x"), std::string("xy")}) {
      std::string message = start;
      while (message.size() < 2 * kLongestText) message += character;
      const std::string text = Encoded(message);
      EXPECT_LE(text.size(), kLongestText + 3);
      EXPECT_GT(text.size(), kLongestText - 12);
      const std::string cut = Decoded(text);
      ASSERT_TRUE(cut.ends_with("..."));
      const std::string kept = cut.substr(0, cut.size() - 3);
      EXPECT_TRUE(message.starts_with(kept));
      EXPECT_EQ((kept.size() - start.size()) % character.size(), 0u) << character;
    }
  }
}

TEST(GrpcWireTest, TextOfTheLimitIsNotCut) {
  const std::string message(kLongestText, 'a');
  EXPECT_EQ(Encoded(message), message);
  EXPECT_NE(Encoded(message + "a"), message + "a");
}

TEST(GrpcWireTest, TimeoutsAreParsed) {
  EXPECT_EQ(ParseTimeout("1n"), 1ns);
  EXPECT_EQ(ParseTimeout("2u"), 2us);
  EXPECT_EQ(ParseTimeout("3m"), 3ms);
  EXPECT_EQ(ParseTimeout("4S"), 4s);
  EXPECT_EQ(ParseTimeout("5M"), 5min);
  EXPECT_EQ(ParseTimeout("6H"), 6h);
  EXPECT_EQ(ParseTimeout("0S"), 0s);
  EXPECT_EQ(ParseTimeout("00000100m"), 100ms);
  EXPECT_EQ(ParseTimeout("99999999S"), 99'999'999s);
  EXPECT_EQ(ParseTimeout("2562047H"), 2'562'047h);
  // More than nanoseconds can say.
  EXPECT_EQ(ParseTimeout("2562048H"), Duration::max());
  EXPECT_EQ(ParseTimeout("99999999H"), Duration::max());
}

TEST(GrpcWireTest, MalformedTimeoutsAreNone) {
  for (const char* text : {"", "S", "1", "1s", "1h", "-1S", "+1S", "1.5S", " 1S", "1S ", "1 S", "0x1S", "1SS",
                           "100000000S", "9223372036854775808n", "99999999999999999999S"}) {
    EXPECT_EQ(ParseTimeout(text), std::nullopt) << text;
  }
}

TEST(GrpcWireTest, TimeoutsAreFormattedInTheFinestUnit) {
  EXPECT_EQ(FormatTimeout(99'999'999ns), "99999999n");
  EXPECT_EQ(FormatTimeout(100ms), "100000u");
  EXPECT_EQ(FormatTimeout(1500ms), "1500000u");
  EXPECT_EQ(FormatTimeout(2min), "120000m");
  EXPECT_EQ(FormatTimeout(48h), "172800S");
  EXPECT_EQ(FormatTimeout(Duration::max()), "2562047H");
  // A call whose time is over is not one without a deadline.
  EXPECT_EQ(FormatTimeout(0ns), "1n");
  EXPECT_EQ(FormatTimeout(-5s), "1n");
}

// At most eight digits, and never longer than it was.
TEST(GrpcWireTest, FormattedTimeoutsAreParsedBack) {
  for (Duration timeout = 1ns; timeout < 300'000h; timeout = timeout * 7 + 3ns) {
    const std::string text = FormatTimeout(timeout);
    EXPECT_LE(text.size(), 9u);
    const std::optional<Duration> back = ParseTimeout(text);
    ASSERT_TRUE(back) << text;
    EXPECT_LE(*back, timeout);
    EXPECT_GE(*back, timeout - timeout / 50'000'000 - 1min) << text;
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
