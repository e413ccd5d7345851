// Parsing of durations and of the shim's pod annotations.
#include "policy/settings.h"

#include <gtest/gtest.h>

#include "policy/priority.h"

namespace sidecar_shim::policy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Duration, ParsesGoDurations) {
  const struct {
    const char* text;
    Duration value;
  } kCases[] = {
      {"0", Duration{0}},           {"0s", Duration{0}},          {"90s", seconds(90)},
      {"1m30s", seconds(90)},       {"500ms", milliseconds(500)}, {"1h", hours(1)},
      {"1.5h", minutes(90)},        {"2h45m", minutes(165)},      {"1ns", nanoseconds(1)},
      {"10us", nanoseconds(10000)}, {".5s", milliseconds(500)},   {"87600h", hours(87600)},
  };
  for (const auto& c : kCases) EXPECT_EQ(ParseDuration(c.text), c.value) << c.text;
}

TEST(Duration, RejectsOtherText) {
  for (const char* text :
       {"",    "5",  "s",  "-5s",  "+5s",           "5 s",  " 5s",  "5s ",  "5d",   "1.2.3s",
        "..s", ".s", "5S", "1m30", "999999999999h", "infs", "nans", "1e3s", "0x5s", "5m-3s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Settings, NodeDefaultsApplyWithoutAnnotations) {
  std::vector<std::string> warnings;
  Options options;
  options.drain_delay = seconds(3);
  const PodSettings settings = ReadPodSettings(options, {{"other", "x"}}, warnings);
  EXPECT_TRUE(settings.enabled);
  EXPECT_FALSE(settings.ordered);
  EXPECT_EQ(settings.launch_timeout, minutes(5));
  EXPECT_EQ(settings.drain_delay, seconds(3));
  EXPECT_TRUE(warnings.empty());
}

TEST(Settings, AnnotationsOverrideTheDefaults) {
  std::vector<std::string> warnings;
  const PodSettings settings = ReadPodSettings({},
                                               {{std::string(kLaunchTimeoutAnnotation), "0"},
                                                {std::string(kDrainDelayAnnotation), "1m"},
                                                {std::string(kEnabledAnnotation), "False"},
                                                {std::string(kOrderedAnnotation), "Ordered"}},
                                               warnings);
  EXPECT_FALSE(settings.enabled);
  EXPECT_TRUE(settings.ordered);
  EXPECT_EQ(settings.launch_timeout, Duration{0});
  EXPECT_EQ(settings.drain_delay, minutes(1));
  EXPECT_TRUE(warnings.empty());
}

TEST(Settings, MalformedValueWarnsAndKeepsTheDefault) {
  std::vector<std::string> warnings;
  const PodSettings settings = ReadPodSettings({},
                                               {{std::string(kLaunchTimeoutAnnotation), "-5m"},
                                                {std::string(kDrainDelayAnnotation), "soon"},
                                                {std::string(kEnabledAnnotation), "no"}},
                                               warnings);
  EXPECT_TRUE(settings.enabled);
  EXPECT_EQ(settings.launch_timeout, minutes(5));
  EXPECT_EQ(settings.drain_delay, Duration{0});
  EXPECT_EQ(warnings.size(), 3u);
}

}  // namespace
}  // namespace sidecar_shim::policy
