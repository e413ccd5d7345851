#include "shim/specs/kubelet_pods_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "shim/kube/port_owner.h"
#include "tests/support/fake_api.h"
#include "tests/support/source_support.h"

namespace sidecar_shim::testing {
namespace {

class KubeletPodsSourceTest : public SourceTest {
 protected:
  void Start(const std::string& url, Duration query_timeout = kTestTimeout) {
    KubeletPodsOptions options;
    options.url = url;
    options.query_timeout = query_timeout;
    Start(options);
  }
  void Start(const KubeletPodsOptions& options) {
    Run([&] {
      return std::make_unique<KubeletPodsSource>(loop_.loop(), *http_, worker_, counters_, options);
    });
  }
};

TEST_F(KubeletPodsSourceTest, FindsThePodInTheList) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) {
    exchange.Reply(200, ListJson("", {PodJson("a", "uid-a", "main"), "7", PodJson("b", "uid-b", "other")}));
  });
  Start(server.url() + "/pods");
  EXPECT_EQ(Query(Ref("b", "uid-b")), "other");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Query(Ref("a", "uid-older")), "unknown");
  EXPECT_EQ(server.Seen()[0].target, "/pods");
}

TEST_F(KubeletPodsSourceTest, NullItemsAreAnEmptyList) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) {
    exchange.Reply(200, R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":null})");
  });
  Start(server.url() + "/pods");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "unknown");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 0u);
}

// A query that arrives during a request is answered by its response, or else by
// one more request for all such queries.
TEST_F(KubeletPodsSourceTest, OneRequestAnswersAllPendingQueries) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> requests = 0;
  HttpServer server([&](const SeenRequest&, HttpExchange& exchange) {
    const int number = ++requests;
    if (number == 1) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&open] { return open; });
      exchange.Reply(200, ListJson("", {PodJson("a", "uid-a", "main"), PodJson("b", "uid-b", "other")}));
    } else {
      exchange.Reply(200, ListJson("", {PodJson("c", "uid-c", "third")}));
    }
  });
  Start(server.url() + "/pods");
  auto first = std::make_shared<std::string>();
  StartQuery(Ref("a", "uid-a"), first);
  EXPECT_TRUE(Eventually([&] { return requests == 1; }));
  std::vector<std::shared_ptr<std::string>> later;
  for (const char* name : {"b", "c", "d"}) {
    later.push_back(std::make_shared<std::string>());
    StartQuery(Ref(name, std::string("uid-") + name), later.back());
  }
  {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  EXPECT_TRUE(Eventually([&] { return Read(later[2]) == "unknown"; }));
  EXPECT_EQ(Read(first), "main");
  EXPECT_EQ(Read(later[0]), "other");
  EXPECT_EQ(Read(later[1]), "third");
  EXPECT_EQ(requests, 2);
}

TEST_F(KubeletPodsSourceTest, ClosedPortFailsTheQueryAtOnce) {
  FakeApi api;
  api.Stop();
  Start(api.url() + "/api/v1/pods?");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 1u);
  // A query after kubelet has started is not answered from the time before.
  api.SetList(ListJson("", {PodJson("a", "uid-a", "main")}));
  api.Start();
  EXPECT_EQ(Query(Ref("a", "uid-a")), "main");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 1u);
}

TEST_F(KubeletPodsSourceTest, ErrorStatusAndMalformedBodyAreCounted) {
  HttpServer server([](const SeenRequest& seen, HttpExchange& exchange) {
    exchange.Reply(seen.target == "/pods" ? 401 : 200, "Unauthorized");
  });
  Start(server.url() + "/pods");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 1u);
  Start(server.url() + "/other");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 2u);
}

TEST_F(KubeletPodsSourceTest, QueryTimeoutsAreCountedOnce) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.AwaitHangUp(); });
  Start(server.url() + "/pods", std::chrono::milliseconds(20));
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 1u);
}

TEST_F(KubeletPodsSourceTest, CredentialIsNotSentWithoutTls) {
  HttpServer server(
      [](const SeenRequest&, HttpExchange& exchange) { exchange.Reply(200, ListJson("", {})); });
  std::ofstream(dir_.File("token")) << "secret\n";
  KubeletPodsOptions options;
  options.url = server.url() + "/pods";
  options.token_file = dir_.File("token");
  Start(options);
  EXPECT_EQ(Query(Ref("a", "uid-a")), "unknown");
  ASSERT_EQ(server.Seen().size(), 1u);
  EXPECT_EQ(server.Seen()[0].headers.count("authorization"), 0u);
}

TEST_F(KubeletPodsSourceTest, WithoutACaNothingIsSent) {
  HttpServer server([](const SeenRequest&, HttpExchange&) {});
  KubeletPodsOptions options;
  options.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/pods";
  options.ca_file = dir_.File("none.crt");
  Start(options);
  EXPECT_EQ(Query(Ref("a", "uid-a")), "no answer");
  EXPECT_EQ(Count(&Counters::kubelet_pods_failures), 1u);
}

TEST(PortOwnerTest, FromProcNetTcp) {
  const std::string head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  auto row = [](const std::string& local, const std::string& state, int uid) {
    return absl::StrCat("   0: ", local, " 00000000:0000 ", state, " 00000000:00000000 00:00000000 00000000 ",
                        uid, " 0 12345 1 0000000000000000 100 0 0 10 0\n");
  };
  EXPECT_EQ(OwnerInTable("", 10255, 1000), PortOwner::kNone);
  EXPECT_EQ(OwnerInTable(head + row("00000000:0050", "0A", 0), 10255, 1000), PortOwner::kNone);
  EXPECT_EQ(OwnerInTable(head + row("0100007F:280F", "0A", 0), 10255, 1000), PortOwner::kTrusted);
  EXPECT_EQ(OwnerInTable(head + row("00000000:280F", "0A", 1000), 10255, 1000), PortOwner::kTrusted);
  EXPECT_EQ(OwnerInTable(head + row("0100007F:280F", "0A", 65534), 10255, 1000), PortOwner::kUntrusted);
  // A trusted and an untrusted listener.
  EXPECT_EQ(OwnerInTable(head + row("0100007F:280F", "0A", 0) + row("0A00007F:280F", "0A", 7), 10255, 1000),
            PortOwner::kUntrusted);
  // An established connection from that port is not a listener.
  EXPECT_EQ(OwnerInTable(head + row("0100007F:280F", "01", 7), 10255, 1000), PortOwner::kNone);
  EXPECT_EQ(OwnerInTable(head + row("00000000000000000000000000000000:280F", "0A", 0), 10255, 1000),
            PortOwner::kTrusted);
}

TEST(PortOwnerTest, FromThisHost) {
  HttpServer server([](const SeenRequest&, HttpExchange&) {});
  EXPECT_EQ(OwnerOfPort(server.port()), PortOwner::kTrusted);
  const LoopbackPort closed;
  EXPECT_EQ(OwnerOfPort(closed.number()), PortOwner::kNone);
}

}  // namespace
}  // namespace sidecar_shim::testing
