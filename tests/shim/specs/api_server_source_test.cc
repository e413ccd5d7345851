#include "shim/specs/api_server_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/fake_api.h"
#include "tests/support/source_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMirrorOf[] = R"("kubernetes.io/config.mirror":"hash-1","kubernetes.io/config.hash":"hash-1")";

class ApiServerSourceTest : public SourceTest {
 protected:
  ~ApiServerSourceTest() override { api_.Stop(); }

  void WriteKubeconfig(const std::string& user = "") {
    std::ofstream(dir_.File("next"))
        << "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
        << "clusters: [{name: c, cluster: {server: \"" << api_.url() << "\"}}]\n"
        << "users: [{name: u, user: {" << user << "}}]\n";
    std::filesystem::rename(dir_.File("next"), dir_.File("kubeconfig"));
  }

  void Start(Duration query_timeout = kTestTimeout) {
    Run([&] {
      ApiServerOptions options;
      options.kubeconfig = dir_.File("kubeconfig");
      options.node_name = "node-1";
      options.query_timeout = query_timeout;
      options.timing.first_delay = std::chrono::milliseconds(10);
      options.timing.longest_delay = std::chrono::milliseconds(50);
      options.timing.good_watch = good_watch_;
      auto source =
          std::make_unique<ApiServerSource>(loop_.loop(), *http_, worker_, counters_, std::move(options));
      api_source_ = source.get();
      return source;
    });
  }

  // Until the source watches.
  void StartAndWatch(Duration query_timeout = kTestTimeout) {
    WriteKubeconfig();
    Start(query_timeout);
    ASSERT_TRUE(Eventually([this] { return api_.Watches() > 0; }));
  }

  size_t Size() {
    size_t size = 0;
    loop_.Do([&] { size = api_source_->size(); });
    return size;
  }

  Duration good_watch_ = std::chrono::hours(1);
  FakeApi api_;
  ApiServerSource* api_source_ = nullptr;
};

TEST_F(ApiServerSourceTest, ListThenWatchFromThere) {
  api_.SetList(ListJson("10", {PodJson("a", "uid-a", "main"), PodJson("b", "uid-b", "other")}));
  StartAndWatch();
  EXPECT_EQ(QueryAtOnce(Ref("a", "uid-a")), "main");
  EXPECT_EQ(QueryAtOnce(Ref("b", "uid-b")), "other");
  EXPECT_EQ(api_.Gets(), 0u);
  EXPECT_THAT(api_.Targets("/api/v1/pods?")[0],
              AllOf(HasSubstr("fieldSelector=spec.nodeName%3Dnode-1"), HasSubstr("resourceVersion=0")));
  EXPECT_THAT(api_.Targets("watch=true")[0],
              AllOf(HasSubstr("fieldSelector=spec.nodeName%3Dnode-1"), HasSubstr("&resourceVersion=10&"),
                    HasSubstr("allowWatchBookmarks=true"), HasSubstr("timeoutSeconds=")));
}

TEST_F(ApiServerSourceTest, EventsInAnyPieces) {
  StartAndWatch();
  const std::string events = EventJson("ADDED", PodJson("a", "uid-a", "first", "11")) +
                             EventJson("MODIFIED", PodJson("a", "uid-a", "second", "12")) +
                             EventJson("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":"13"}})") +
                             "\n" + EventJson("ADDED", PodJson("b", "uid-b", "other", "14"));
  for (size_t at = 0; at < events.size(); at += 37) api_.Send(events.substr(at, 37));
  EXPECT_TRUE(Eventually([this] { return Size() == 2; }));
  EXPECT_THAT(Updates(), ElementsAre("a/uid-a: first", "a/uid-a: second", "b/uid-b: other"));
  EXPECT_EQ(QueryAtOnce(Ref("a", "uid-a")), "second");
  api_.Send(EventJson("DELETED", PodJson("a", "uid-a", "second", "15")));
  EXPECT_TRUE(Eventually([this] { return Size() == 1; }));
  EXPECT_EQ(Query(Ref("a", "uid-a")), "unknown");
  EXPECT_EQ(api_.Lists(), 1u);
}

TEST_F(ApiServerSourceTest, WatchEndedByTheServerContinues) {
  StartAndWatch();
  api_.Send(EventJson("ADDED", PodJson("a", "uid-a", "main", "11")));
  api_.Send(EventJson("BOOKMARK", R"({"metadata":{"resourceVersion":"77"}})"));
  api_.EndWatch();
  EXPECT_TRUE(Eventually([this] { return api_.Watches() == 2; }));
  EXPECT_THAT(api_.Targets("watch=true")[1], HasSubstr("&resourceVersion=77&"));
  EXPECT_EQ(api_.Lists(), 1u);
  EXPECT_EQ(QueryAtOnce(Ref("a", "uid-a")), "main");
}

// As load balancers do with connections that carry nothing for a while.
TEST_F(ApiServerSourceTest, WatchThatIsCutAfterAWhileContinues) {
  good_watch_ = Duration{0};
  StartAndWatch();
  for (size_t cut = 1; cut <= 3; ++cut) {
    api_.Send(EventJson("BOOKMARK", absl::StrCat(R"({"metadata":{"resourceVersion":"7)", cut, R"("}})")));
    api_.CutWatch();
    ASSERT_TRUE(Eventually([&] { return api_.Watches() == cut + 1; }));
    EXPECT_THAT(api_.Targets("watch=true")[cut], HasSubstr(absl::StrCat("&resourceVersion=7", cut, "&")));
  }
  EXPECT_EQ(api_.Lists(), 1u);
  EXPECT_EQ(Count(&Counters::api_server_watch_failures), 0u);
}

TEST_F(ApiServerSourceTest, WatchThatIsCutAtOnceNeedsANewList) {
  StartAndWatch();
  api_.CutWatch();
  EXPECT_TRUE(Eventually([this] { return api_.Lists() == 2 && api_.Watches() == 2; }));
  EXPECT_EQ(Count(&Counters::api_server_watch_failures), 1u);
}

TEST_F(ApiServerSourceTest, ExpiredVersionsNeedANewList) {
  api_.SetList(ListJson("10", {PodJson("old", "uid-1", "main")}));
  StartAndWatch();
  api_.SetList(ListJson("20", {PodJson("new", "uid-2", "main")}));
  api_.Send(EventJson("ERROR", R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})"));
  EXPECT_TRUE(Eventually([this] { return api_.Watches() == 2; }));
  EXPECT_THAT(api_.Targets("/api/v1/pods?")[2], Not(HasSubstr("resourceVersion=")));
  EXPECT_THAT(api_.Targets("watch=true")[1], HasSubstr("&resourceVersion=20&"));
  // Pods deleted meanwhile are gone.
  EXPECT_EQ(Size(), 1u);
  EXPECT_EQ(QueryAtOnce(Ref("new", "uid-2")), "main");
  EXPECT_EQ(Count(&Counters::api_server_failures), 0u);
}

TEST_F(ApiServerSourceTest, RefusedWatchNeedsANewList) {
  api_.SetWatchCode(410);
  WriteKubeconfig();
  Start();
  EXPECT_TRUE(Eventually([this] { return api_.Lists() > 2; }));
  EXPECT_THAT(api_.Targets("/api/v1/pods?"), Contains(Not(HasSubstr("resourceVersion="))));
  api_.SetWatchCode(200);
  api_.Send(EventJson("ADDED", PodJson("a", "uid-a", "main", "11")));
  EXPECT_TRUE(Eventually([this] { return Size() == 1; }));
}

TEST_F(ApiServerSourceTest, MalformedEventNeedsANewList) {
  StartAndWatch();
  api_.Send("malformed\n");
  EXPECT_TRUE(Eventually([this] { return api_.Lists() == 2 && api_.Watches() == 2; }));
  EXPECT_EQ(Count(&Counters::api_server_watch_failures), 1u);
}

TEST_F(ApiServerSourceTest, PodThatTheWatchHasNotSentIsFetched) {
  StartAndWatch();
  api_.SetPod("a", PodJson("a", "uid-a", "main"));
  api_.SetPod("forbidden", "{}", 403);
  api_.SetPod("odd", "[]");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Query(Ref("missing", "uid-b")), "unknown");
  EXPECT_EQ(Query(Ref("forbidden", "uid-c")), "unknown");
  EXPECT_EQ(Query(Ref("odd", "uid-d")), "malformed");
  EXPECT_EQ(api_.Gets(), 4u);
  // None of these answers means that the server is down.
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Count(&Counters::api_server_failures), 0u);
}

TEST_F(ApiServerSourceTest, OverloadedServerGetsNoAdditionalList) {
  StartAndWatch();
  api_.SetPod("a", "{}", 429);
  api_.SetPod("b", "{}", 503);
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Query(Ref("b", "uid-b")), "no answer");
  api_.Send(EventJson("ADDED", PodJson("a", "uid-a", "main", "11")));
  EXPECT_TRUE(Eventually([this] { return QueryAtOnce(Ref("a", "uid-a")) == "main"; }));
  EXPECT_EQ(api_.Lists(), 1u);
  EXPECT_EQ(api_.Watches(), 1u);
  EXPECT_EQ(Count(&Counters::api_server_failures), 0u);
}

TEST_F(ApiServerSourceTest, ForbiddenListFallsBackToGet) {
  api_.SetList(R"({"kind":"Status","message":"node \"other\" cannot list"})", 403);
  api_.SetPod("a", PodJson("a", "uid-a", "main"));
  WriteKubeconfig();
  Start();
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Count(&Counters::api_server_failures), 1u);
  EXPECT_TRUE(Eventually([this] { return api_.Lists() > 2; })) << "it may be allowed later";
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Count(&Counters::api_server_failures), 1u);
}

TEST_F(ApiServerSourceTest, RecreatedPodWithTheSameNameIsAnotherPod) {
  api_.SetList(ListJson("10", {PodJson("a", "uid-new", "new")}));
  StartAndWatch();
  api_.SetPod("a", PodJson("a", "uid-new", "new"));
  EXPECT_EQ(Query(Ref("a", "uid-old")), "unknown");
  EXPECT_EQ(Query(Ref("a", "uid-new")), "new");
}

TEST_F(ApiServerSourceTest, InvalidNamesAreNotSent) {
  StartAndWatch();
  EXPECT_EQ(QueryAtOnce({"ns", "../../secrets", "uid"}), "unknown");
  EXPECT_EQ(QueryAtOnce({"ns?x", "a", "uid"}), "unknown");
  EXPECT_EQ(QueryAtOnce({"", "a", "uid"}), "unknown");
  EXPECT_EQ(api_.Gets(), 0u);
}

TEST_F(ApiServerSourceTest, MirrorPodsStandForStaticPods) {
  api_.SetList(ListJson("10", {PodJson("web-node-1", "uid-mirror", "main", "1", kMirrorOf)}));
  StartAndWatch();
  EXPECT_EQ(QueryAtOnce(Ref("web-node-1", "hash-1")), "main");
  EXPECT_THAT(Updates(), ElementsAre("web-node-1/hash-1: main"));
  api_.SetPod("db-node-1", PodJson("db-node-1", "uid-mirror-2", "db", "1", kMirrorOf));
  EXPECT_EQ(Query(Ref("db-node-1", "hash-1")), "db");
  // A pod cannot claim to be the mirror of one with another name.
  EXPECT_EQ(Query(Ref("other", "hash-1")), "unknown");
  api_.Send(EventJson("DELETED", PodJson("web-node-1", "uid-mirror", "main", "2", kMirrorOf)));
  EXPECT_TRUE(Eventually([this] { return Size() == 0; }));
}

TEST_F(ApiServerSourceTest, DeletionIsPublished) {
  auto deleted = [](const std::string& pod) {
    return absl::StrReplaceAll(pod,
                               {{R"("annotations")", R"("deletionGracePeriodSeconds":30,"annotations")"}});
  };
  StartAndWatch();
  api_.Send(EventJson("MODIFIED", deleted(PodJson("a", "uid-a", "main", "11"))));
  // The deletion of a mirror pod does not terminate its static pod.
  api_.Send(EventJson("MODIFIED", deleted(PodJson("web-node-1", "uid-mirror", "web", "12", kMirrorOf))));
  EXPECT_TRUE(Eventually([this] { return Size() == 2; }));
  EXPECT_THAT(Updates(), ElementsAre("a/uid-a: main, deleted", "web-node-1/hash-1: web"));
}

TEST_F(ApiServerSourceTest, QueriesBeforeTheFirstListAreAnsweredByIt) {
  api_.HoldLists();
  WriteKubeconfig();
  Start();
  auto known = std::make_shared<std::string>();
  auto fetched = std::make_shared<std::string>();
  EXPECT_EQ(StartQuery(Ref("a", "uid-a"), known), "");
  EXPECT_EQ(StartQuery(Ref("b", "uid-b"), fetched), "");
  api_.SetPod("b", PodJson("b", "uid-b", "other"));
  api_.SetList(ListJson("10", {PodJson("a", "uid-a", "main")}));
  EXPECT_TRUE(Eventually([&] { return Read(known) == "main" && Read(fetched) == "other"; }));
  EXPECT_EQ(api_.Gets(), 1u);
}

TEST_F(ApiServerSourceTest, EventAnswersAPendingQuery) {
  StartAndWatch();
  api_.SetPod("a", "", 0);  // never answered
  auto answer = std::make_shared<std::string>();
  StartQuery(Ref("a", "uid-a"), answer);
  EXPECT_TRUE(Eventually([this] { return api_.Gets() == 1; }));
  api_.Send(EventJson("ADDED", PodJson("a", "uid-a", "main", "11")));
  EXPECT_TRUE(Eventually([&] { return Read(answer) == "main"; }));
}

TEST_F(ApiServerSourceTest, CacheAnswersWhileTheServerIsDown) {
  api_.SetList(ListJson("10", {PodJson("a", "uid-a", "main")}));
  StartAndWatch();
  api_.Stop();
  EXPECT_TRUE(Eventually([this] { return Count(&Counters::api_server_failures) == 1; }));
  EXPECT_EQ(QueryAtOnce(Ref("a", "uid-a")), "main");
  EXPECT_EQ(QueryAtOnce(Ref("b", "uid-b")), "no answer");
  EXPECT_EQ(QueryAtOnce(Ref("c", "uid-c")), "no answer");
  api_.SetList(ListJson("20", {PodJson("b", "uid-b", "other")}));
  const size_t lists = api_.Lists();
  api_.Start();
  EXPECT_TRUE(Eventually([&] { return api_.Lists() > lists && Size() == 1; }));
  EXPECT_TRUE(Eventually([this] { return QueryAtOnce(Ref("b", "uid-b")) == "other"; }));
  // Counted once, however many tries it took.
  EXPECT_EQ(Count(&Counters::api_server_failures), 1u);
}

TEST_F(ApiServerSourceTest, UnresponsiveServerIsNotQueriedBeforeAList) {
  StartAndWatch(/*query_timeout=*/std::chrono::milliseconds(20));
  api_.HoldLists();
  api_.SetPod("a", "", 0);
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_TRUE(Eventually([this] { return Count(&Counters::api_server_failures) == 1; }));
  EXPECT_EQ(QueryAtOnce(Ref("a", "uid-a")), "no answer");
  EXPECT_TRUE(Eventually([this] { return api_.Lists() == 2; }));
  EXPECT_EQ(api_.Gets(), 1u);
  api_.SetList(ListJson("20", {PodJson("a", "uid-a", "main")}));
  EXPECT_TRUE(Eventually([this] { return QueryAtOnce(Ref("a", "uid-a")) == "main"; }));
}

TEST_F(ApiServerSourceTest, KubeconfigThatAppearsLaterIsFound) {
  Start();
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_TRUE(Eventually([this] { return Count(&Counters::api_server_failures) == 1; }));
  api_.SetList(ListJson("10", {PodJson("a", "uid-a", "main")}));
  WriteKubeconfig();
  EXPECT_TRUE(Eventually([this] { return QueryAtOnce(Ref("a", "uid-a")) == "main"; }));
}

TEST_F(ApiServerSourceTest, RefusedTokenIsReadAgain) {
  api_.SetToken("new");
  std::ofstream(dir_.File("token")) << "old\n";
  WriteKubeconfig("tokenFile: token");
  Start();
  EXPECT_TRUE(Eventually([this] { return Count(&Counters::api_server_failures) == 1; }));
  std::ofstream(dir_.File("token")) << "new\n";
  EXPECT_TRUE(Eventually([this] { return api_.Watches() == 1; }));
}

TEST_F(ApiServerSourceTest, PluginRunsOnceAndAgainAfterARefusedToken) {
  const std::string plugin = dir_.File("plugin");
  std::ofstream(plugin) << R"sh(#!/bin/sh
cd "$(dirname "$0")"
echo run >> runs
echo "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\",
       \"status\": {\"token\": \"$(cat current)\"}}"
)sh";
  std::filesystem::permissions(plugin, std::filesystem::perms::owner_all);
  std::ofstream(dir_.File("current")) << "one";
  auto runs = [this] {
    std::ifstream stream(dir_.File("runs"));
    return std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
  };
  api_.SetToken("one");
  WriteKubeconfig("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
  Start();
  EXPECT_TRUE(Eventually([this] { return api_.Watches() == 1; }));
  api_.EndWatch();
  EXPECT_TRUE(Eventually([this] { return api_.Watches() == 2; }));
  EXPECT_EQ(runs(), 1);
  std::ofstream(dir_.File("current")) << "two";
  api_.SetToken("two");
  api_.SetPod("a", PodJson("a", "uid-a", "main"));
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");  // 401
  EXPECT_TRUE(Eventually([this] { return Query(Ref("a", "uid-a")) == "main"; }));
  EXPECT_EQ(runs(), 2);
}

}  // namespace
}  // namespace sidecar_shim::testing
