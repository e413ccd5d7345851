// Which connections to the runtime calls use, and what becomes of those that share one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

constexpr std::chrono::seconds kPoolCallBound{20};

// Queries that the shim itself never asks.
const std::string kAsk = Method("ListMetricDescriptors");
const std::string kCulprit = Method("PodSandboxStats");
constexpr uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;

// A runtime that notes on which connection each call has come.
class PoolTest : public ::testing::Test {
 protected:
  using OnCall = std::function<bool(RawConnection&, const RawRequest&, int number)>;

  ~PoolTest() override { Release(); }

  void Serve(const OnCall& on_call) {
    setup_.ReplaceRuntime([this, on_call](RawConnection& connection, int number) {
      RawScript script;
      script.on_request = [&](RawConnection&, const RawRequest& request) {
        {
          const std::lock_guard lock(mutex_);
          came_on_[request.path].push_back(number);
        }
        return on_call(connection, request, number);
      };
      if (GreetCaller(connection)) ServeCalls(connection, script);
    });
    EXPECT_TRUE(Eventually([this] { return setup_.Works(); }));
  }
  // The numbers of the connections on which calls of `path` came, one for each call.
  std::vector<int> CameOn(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return came_on_[path];
  }
  bool Came(const std::string& path, size_t count) {
    return Eventually([&] { return CameOn(path).size() >= count; });
  }
  // Blocks the connection's thread until Release().
  void Hold() {
    std::unique_lock lock(mutex_);
    released_.wait(lock, [this] { return open_; });
  }
  void Release(bool open = true) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    released_.notify_all();
  }
  std::vector<std::unique_ptr<PendingCall>> Begin(const std::string& path, int count) {
    std::vector<std::unique_ptr<PendingCall>> calls;
    for (int i = 0; i < count; ++i) calls.push_back(client().Begin(path, "", {}, kPoolCallBound));
    return calls;
  }
  Client& client() { return setup_.shim().client; }

  std::mutex mutex_;
  std::condition_variable released_;
  bool open_ = false;
  std::map<std::string, std::vector<int>> came_on_;
  AbuseSetup setup_;
};

std::set<int> Distinct(const std::vector<int>& numbers) { return {numbers.begin(), numbers.end()}; }

TEST_F(PoolTest, CallsThatMayChangeSomethingTravelAlone) {
  Serve([this](RawConnection&, const RawRequest& request, int) {
    if (request.path == kUnknown) Hold();
    return false;
  });
  auto calls = Begin(kUnknown, 6);
  ASSERT_TRUE(Came(kUnknown, 6));
  EXPECT_EQ(Distinct(CameOn(kUnknown)).size(), 6u);
  Release();
  for (auto& call : calls) EXPECT_TRUE(call->Wait().status.ok());
}

TEST_F(PoolTest, ConnectionsOfEndedCallsAreUsedAgain) {
  Serve([this](RawConnection&, const RawRequest& request, int) {
    if (request.path == kUnknown) Hold();
    return false;
  });
  auto calls = Begin(kUnknown, 3);
  ASSERT_TRUE(Came(kUnknown, 3));
  Release();
  for (auto& call : calls) EXPECT_TRUE(call->Wait().status.ok());
  const std::set<int> first = Distinct(CameOn(kUnknown));
  // One after the other: always on the same.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client().Call(kUnknown, "").status.ok());
  Release(false);
  calls = Begin(kUnknown, 3);
  ASSERT_TRUE(Came(kUnknown, 11));
  Release();
  for (auto& call : calls) EXPECT_TRUE(call->Wait().status.ok());
  EXPECT_EQ(Distinct(CameOn(kUnknown)), first);
}

TEST_F(PoolTest, QueriesOfOneCallerShareAConnectionAndChangesDoNotUseIt) {
  Serve([](RawConnection&, const RawRequest&, int) { return false; });
  for (auto& call : Begin(kAsk, 10)) EXPECT_TRUE(call->Wait().status.ok());
  EXPECT_TRUE(client().Call(kUnknown, "").status.ok());
  EXPECT_EQ(Distinct(CameOn(kAsk)).size(), 1u);
  EXPECT_NE(CameOn(kUnknown).at(0), CameOn(kAsk).at(0));
  // Another caller has its own.
  const auto other = setup_.Connect();
  other->Send(RequestFrames(1, kAsk));
  EXPECT_TRUE(other->ReadUntil([](const Frame& frame) { return frame.ends_stream(); }));
  EXPECT_EQ(Distinct(CameOn(kAsk)).size(), 2u);
}

// An error text beyond what HTTP/2's header compression takes ends the connection. The others ask again.
TEST_F(PoolTest, QueriesAreRepeatedWhenAnothersAnswerEndsTheirConnection) {
  Serve([this](RawConnection& connection, const RawRequest& request, int) {
    if (request.path == kAsk) return CameOn(kAsk).size() <= 3;  // not answered the first time
    if (request.path != kCulprit) return false;
    connection.Send(HeaderFrames(request.stream, ResponseBlock()) +
                    HeaderFrames(request.stream,
                                 Block({{"grpc-status", "2"}, {"grpc-message", std::string(70'000, 'e')}}),
                                 kEndStream));
    return true;
  });
  auto calls = Begin(kAsk, 3);
  ASSERT_TRUE(Came(kAsk, 3));
  const Answer culprit = client().Call(kCulprit, "", {}, kPoolCallBound);
  EXPECT_EQ(culprit.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(culprit.status.error_message(), ::testing::HasSubstr(setup_.shim().config.runtime));
  for (auto& call : calls) {
    const Answer answer = call->Wait();
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  }
  EXPECT_EQ(CameOn(kAsk).size(), 6u);
  EXPECT_EQ(CameOn(kCulprit).size(), 1u);
  EXPECT_NE(CameOn(kAsk).at(0), CameOn(kAsk).at(5));
  setup_.ExpectOneWarning();
}

// A large answer passes as it arrives: it would be answered twice.
TEST_F(PoolTest, AQueryWhoseAnswerHasBegunIsNotRepeated) {
  Serve([](RawConnection& connection, const RawRequest& request, int) {
    if (request.path == kAsk) {
      std::string begun = HeaderFrames(request.stream, ResponseBlock());
      for (int i = 0; i < 5; ++i) begun += DataFrame(request.stream, std::string(16 * 1024, 'x'));
      return connection.Send(begun);
    }
    if (request.path != kCulprit) return false;
    return connection.Send(HeaderFrames(request.stream, Field("a", std::string(70'000, 'e'))));
  });
  auto calls = Begin(kAsk, 1);
  ASSERT_TRUE(Came(kAsk, 1));
  EXPECT_FALSE(client().Call(kCulprit, "", {}, kPoolCallBound).status.ok());
  EXPECT_EQ(calls[0]->Wait().status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CameOn(kAsk).size(), 1u);
}

// A runtime that goes away says that of all; whether to ask again is the caller's business.
TEST_F(PoolTest, QueriesAreNotRepeatedWhenTheRuntimeCloses) {
  Serve([](RawConnection& connection, const RawRequest& request, int) {
    if (request.path == kCulprit) connection.Abort();
    return request.path == kAsk || request.path == kCulprit;
  });
  auto calls = Begin(kAsk, 2);
  ASSERT_TRUE(Came(kAsk, 2));
  EXPECT_EQ(client().Call(kCulprit, "", {}, kPoolCallBound).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  for (auto& call : calls) EXPECT_EQ(call->Wait().status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CameOn(kAsk).size(), 2u);
}

TEST_F(PoolTest, ACulpritDoesNotEndCallsThatChangeSomething) {
  Serve([this](RawConnection& connection, const RawRequest& request, int) {
    if (request.path == kUnknown) Hold();
    if (request.path != kCulprit) return false;
    return connection.Send(HeaderFrames(request.stream, Field("a", std::string(70'000, 'e'))));
  });
  auto calls = Begin(kUnknown, 2);
  ASSERT_TRUE(Came(kUnknown, 2));
  EXPECT_FALSE(client().Call(kCulprit, "", {}, kPoolCallBound).status.ok());
  Release();
  for (auto& call : calls) EXPECT_TRUE(call->Wait().status.ok());
  EXPECT_EQ(CameOn(kUnknown).size(), 2u);
}

}  // namespace
}  // namespace sidecar_shim::testing
