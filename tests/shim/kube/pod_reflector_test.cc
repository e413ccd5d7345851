// When the reflector lists, watches and retries, in virtual time. Against an
// HTTP server: api_server_source_test.cc.
#include "shim/kube/pod_reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/fake_api.h"
#include "tests/support/fake_loop.h"
#include "tests/support/scripted_http.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class PodReflectorTest : public ::testing::Test {
 protected:
  PodReflectorTest() {
    std::ofstream(dir_.File("kubeconfig"))
        << "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
        << "clusters: [{name: c, cluster: {server: \"http://192.0.2.1\"}}]\nusers: [{name: u, user: {}}]\n";
    reflector_.Start();
  }

  // The next request has been sent.
  bool Sent() {
    return loop_.RunUntil([this] { return http_.pending() == 1; });
  }

  // Answers the list, until the watch has been sent.
  void AnswerList(const std::string& version) {
    ASSERT_TRUE(Sent());
    EXPECT_THAT(http_.urls().back(), Not(HasSubstr("watch=true")));
    http_.Answer(200, ListJson(version, {PodJson("a", "uid-a", "main")}));
    ASSERT_TRUE(Sent());
    EXPECT_THAT(http_.urls().back(),
                AllOf(HasSubstr("watch=true"), HasSubstr("&resourceVersion=" + version)));
  }

  // The connection of a watch is cut.
  void CutWatch() {
    HttpResult cut;
    cut.code = 200;
    cut.status = absl::UnavailableError("cut");
    http_.Answer(cut);
  }

  // The next request is sent after `pause`, or up to half as long again.
  void ExpectRetryAfter(Duration pause) {
    const size_t before = http_.urls().size();
    // The end of a watch comes through the worker.
    ASSERT_TRUE(loop_.RunUntil([this] { return !events_.empty(); }));
    loop_.Advance(pause - 1ns);
    EXPECT_EQ(http_.urls().size(), before);
    loop_.Advance(pause / 2 + 1ns);
    ASSERT_TRUE(Sent());
  }

  TempDir dir_;
  FakeLoop loop_;
  ScriptedHttp http_;
  Worker worker_;
  std::vector<std::string> events_;
  PodReflector reflector_{
      loop_,
      http_,
      worker_,
      dir_.File("kubeconfig"),
      "node-1",
      "test",
      PodReflectorTiming(),
      {.on_list =
           [this](const PodListing& listing) { events_.push_back("list " + listing.resource_version); },
       .on_event = [this](const PodEvent& event) { events_.push_back("event " + event.pod.ref.name); },
       .on_watch_failure = [this](const absl::Status&) { events_.emplace_back("watch failure"); },
       .on_up = [this] { events_.emplace_back("up"); },
       .on_down = [this](const absl::Status&) { events_.emplace_back("down"); }}};
};

TEST_F(PodReflectorTest, ListsThenWatches) {
  AnswerList("10");
  EXPECT_EQ(http_.front().silence, Duration(150s));
  http_.Data(EventJson("ADDED", PodJson("b", "uid-b", "main", "11")));
  ASSERT_TRUE(loop_.RunUntil([this] { return events_.size() == 3; }));
  EXPECT_THAT(events_, ElementsAre("list 10", "up", "event b"));
}

TEST_F(PodReflectorTest, FailedListsAreRetriedWithBackOff) {
  ASSERT_TRUE(Sent());
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    http_.Fail(absl::UnavailableError("refused"));
    ExpectRetryAfter(pause);
  }
  EXPECT_THAT(events_, ElementsAre("down"));
  AnswerList("10");
  EXPECT_THAT(events_, ElementsAre("down", "list 10", "up"));
}

TEST_F(PodReflectorTest, WatchThatIsCutSoonNeedsANewList) {
  AnswerList("10");
  events_.clear();
  loop_.Advance(9s);
  CutWatch();
  ExpectRetryAfter(1s);
  EXPECT_THAT(events_, ElementsAre("watch failure"));
  AnswerList("20");
  events_.clear();
  CutWatch();
  loop_.Advance(2s - 1ns);
  EXPECT_EQ(http_.pending(), 0u) << "the pause has doubled";
  EXPECT_TRUE(loop_.RunUntil([this] {
    loop_.Advance(100ms);
    return http_.pending() == 1;
  }));
  EXPECT_TRUE(events_.empty()) << "reported once";
}

TEST_F(PodReflectorTest, WatchThatIsCutLaterContinues) {
  AnswerList("10");
  for (int cut = 0; cut < 3; ++cut) {
    loop_.Advance(10s);
    CutWatch();
    ASSERT_TRUE(Sent());
    EXPECT_THAT(http_.urls().back(), AllOf(HasSubstr("watch=true"), HasSubstr("&resourceVersion=10&")));
  }
  EXPECT_THAT(events_, ElementsAre("list 10", "up"));
}

TEST_F(PodReflectorTest, LongWatchResetsTheBackOff) {
  ASSERT_TRUE(Sent());
  for (const Duration pause : {1s, 2s, 4s}) {
    http_.Fail(absl::UnavailableError("refused"));
    ExpectRetryAfter(pause);
  }
  AnswerList("10");
  events_.clear();
  loop_.Advance(10s);
  http_.Answer(500, "");
  ExpectRetryAfter(1s);
  EXPECT_THAT(events_, ElementsAre("watch failure"));
}

}  // namespace
}  // namespace sidecar_shim::testing
