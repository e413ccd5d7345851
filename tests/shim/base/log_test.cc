#include "shim/base/log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace sidecar_shim {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::StartsWith;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override {
    spdlog::set_default_logger(logger_);
    gpr_set_log_function(nullptr);
  }

  // The lines that `write` leaves on standard error.
  static std::vector<std::string> Lines(const std::string& level, const std::string& format,
                                        const std::function<void()>& write) {
    ::testing::internal::CaptureStderr();
    SetUpLog(level, format);
    write();
    return absl::StrSplit(::testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
  }

  // The message of the JSON line that a log line with this message becomes.
  static std::string RoundTrip(const std::string& message) {
    const std::vector<std::string> lines = Lines("info", "json", [&] { spdlog::info("{}", message); });
    EXPECT_EQ(lines.size(), 1u);
    const nlohmann::json line = nlohmann::json::parse(lines.at(0), nullptr, /*allow_exceptions=*/false);
    EXPECT_TRUE(line.is_object()) << lines.at(0);
    return line.is_object() ? line.value("message", "") : "";
  }

 private:
  std::shared_ptr<spdlog::logger> logger_ = spdlog::default_logger();
};

constexpr char kReplaced[] = "\xef\xbf\xbd";  // U+FFFD

TEST_F(LogTest, JsonKeepsWhatIsUtf8) {
  for (const std::string message : {"", "plain", "\"quoted\" and C:\\path", "two\nlines\tand a tab\r", "{}%v",
                                    "\x01\x1b[31m\x1f\x7f", "caf\xc3\xa9 \xf0\x9f\x9a\x80"}) {
    EXPECT_EQ(RoundTrip(message), message);
  }
  const std::string with_zero("a\0b", 3);
  EXPECT_EQ(RoundTrip(with_zero), with_zero);
}

TEST_F(LogTest, JsonReplacesWhatIsNotUtf8) {
  const std::string replaced = kReplaced;
  EXPECT_EQ(RoundTrip("exit \xff!"), "exit " + replaced + "!");
  EXPECT_EQ(RoundTrip("latin caf\xe9"), "latin caf" + replaced);
  EXPECT_EQ(RoundTrip("cut \xf0\x9f\x9a"), "cut " + replaced);
  // A lone surrogate, as encoders of UTF-16 leave it; an overlong slash; a value above U+10FFFF.
  for (const std::string bytes : {"\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80", "\x80\xbf\xfe"}) {
    const std::string message = RoundTrip("<" + bytes + "\">");
    EXPECT_THAT(message, AllOf(StartsWith("<" + replaced), EndsWith("\">")));
  }
}

TEST_F(LogTest, JsonLineHasTimeLevelAndMessage) {
  const std::vector<std::string> lines = Lines("warn", "json", [] {
    spdlog::info("left out");
    spdlog::warn("first");
    spdlog::error("second");
  });
  ASSERT_EQ(lines.size(), 2u);
  const nlohmann::ordered_json first = nlohmann::ordered_json::parse(lines[0]);
  EXPECT_EQ(lines[0].find(R"({"time":"20)"), 0u) << lines[0];
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(first.at("level"), "warning");
  EXPECT_EQ(first.at("message"), "first");
  EXPECT_EQ(nlohmann::json::parse(lines[1]).at("level"), "error");
}

TEST_F(LogTest, TextLineHasTimeLevelAndMessage) {
  const std::vector<std::string> lines = Lines("info", "text", [] { spdlog::info("a \"b\""); });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].substr(std::string("2026-11-27T17:00:00.000").size()), " info a \"b\"");
}

}  // namespace
}  // namespace sidecar_shim
