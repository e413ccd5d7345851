#include "shim/base/counters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace sidecar_shim {
namespace {

TEST(CountersTest, PrintsInNameOrderWhatIsNotZero) {
  Counters counters;
  EXPECT_EQ(counters.ToString(), "");
  counters.sidecar_stops.Add();
  counters.containers_held.Add();
  counters.containers_held.Add();
  EXPECT_EQ(counters.ToString(), "containers_held=2 sidecar_stops=1");
}

TEST(CountersTest, AreDeclaredInNameOrderWithHelp) {
  EXPECT_TRUE(std::is_sorted(
      std::begin(kCounters), std::end(kCounters),
      [](const CounterInfo& a, const CounterInfo& b) { return std::string(a.name) < std::string(b.name); }));
  for (const CounterInfo& info : kCounters) EXPECT_NE(std::string(info.help), "") << info.name;
}

}  // namespace
}  // namespace sidecar_shim
