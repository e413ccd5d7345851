// What a caller and the runtime see of each other through the shim: the same as without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cri.pb.h"
#include "tests/support/relay_support.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;
using ::testing::Contains;
using ::testing::Pair;

// Field 1 comes last, is there twice, and its length is not minimal; fields
// 1000 and 2000 are in no schema.
std::string Odd(const std::string& field_one) {
  std::string bytes = "\xc2\x3e\x03xyz";            // 1000: "xyz"
  bytes += std::string("\x80\x7d\x85\x80\x00", 5);  // 2000: varint 5, padded
  bytes += std::string("\x0a\x03old", 5);
  bytes += "\x0a";
  bytes += static_cast<char>(field_one.size() | 0x80);
  bytes += '\0';
  return bytes + field_one;
}

TEST(RelayTest, UnknownMethodOfUnknownServiceIsByteIdentical) {
  ShimSetup setup;
  const std::string response("\x00\xff\x01 no protobuf at all", 21);
  setup.runtime.On(kUnknown, ReplyWith(setup.runtime, response));
  const std::string request("\xff\xfe\x00\x01", 4);
  const Answer answer = setup.client.Call(kUnknown, request);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.bytes, response);
  ASSERT_EQ(setup.runtime.Count(kUnknown), 1u);
  EXPECT_EQ(setup.runtime.Calls(kUnknown)[0].bytes, request);
}

TEST(RelayTest, ContainerdsOwnServicesAreNotServed) {
  ShimSetup setup;
  const std::string method = "/containerd.services.images.v1.Images/List";
  const Answer answer = setup.client.Call(method, "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(answer.status.error_message(), "unknown service containerd.services.images.v1.Images");
  EXPECT_EQ(setup.runtime.Count(method), 0u);
}

TEST(RelayTest, BidiStreamPassesMessageByMessage) {
  ShimSetup setup;
  setup.runtime.On(kUnknown, &Echo);
  StreamCall stream(setup.client.stub(), kUnknown);
  for (const std::string& message :
       {std::string("one"), std::string(), std::string("\0\xff", 2), std::string(300'000, 'x')}) {
    ASSERT_TRUE(stream.Write(message));
    std::string echoed = "not read";
    ASSERT_TRUE(stream.Read(&echoed));
    EXPECT_EQ(echoed, message);
  }
  ASSERT_TRUE(stream.WritesDone());
  std::string rest;
  EXPECT_FALSE(stream.Read(&rest));
  EXPECT_TRUE(stream.Finish().status.ok());
}

TEST(RelayTest, ServerStreamPassesAndKeepsItsOrder) {
  ShimSetup setup;
  constexpr int kMessages = 200;
  setup.runtime.On(kUnknown, [](const std::shared_ptr<RawCall>& call) {
    auto send = std::make_shared<std::function<void(int)>>();
    *send = [call, weak = std::weak_ptr(send)](int i) {
      if (i == kMessages) {
        call->Finish(grpc::Status::OK);
        return;
      }
      call->Write(std::to_string(i), [self = weak.lock(), i](bool) { (*self)(i + 1); });
    };
    call->Read([send](bool, const std::string&) { (*send)(0); });
  });
  StreamCall stream(setup.client.stub(), kUnknown);
  ASSERT_TRUE(stream.Write("go"));
  ASSERT_TRUE(stream.WritesDone());
  for (int i = 0; i < kMessages; ++i) {
    std::string message;
    ASSERT_TRUE(stream.Read(&message));
    EXPECT_EQ(message, std::to_string(i));
  }
  std::string rest;
  EXPECT_FALSE(stream.Read(&rest));
  EXPECT_TRUE(stream.Finish().status.ok());
}

TEST(RelayTest, EarlyEndReachesACallerThatStillSends) {
  ShimSetup setup;
  setup.runtime.On(kUnknown, [](const std::shared_ptr<RawCall>& call) {
    call->Read([call](bool, const std::string&) {
      call->Finish(grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "enough"));
    });
  });
  StreamCall stream(setup.client.stub(), kUnknown);
  stream.Write("first");
  std::string message;
  EXPECT_FALSE(stream.Read(&message));
  const Answer answer = stream.Finish();
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(answer.status.error_message(), "enough");
}

// What the shim parses but does not change must not be re-serialised.
TEST(RelayTest, InterceptedButUnchangedIsByteIdentical) {
  ShimSetup setup;
  cri::CreateContainerRequest create;
  create.mutable_config()->mutable_metadata()->set_name("plain");
  const std::string create_bytes = Odd("sandbox") + create.SerializeAsString();
  const struct {
    std::string name;
    std::string request;
    std::string response;
  } cases[] = {
      {"CreateContainer", create_bytes, Odd("some-id")},
      {"ContainerStatus", Odd("abc"), std::string("\xc2\x3e\x03xyz\x0a\x83\x00\x0a\x01z", 12)},
      {"ListContainers", std::string("\xc2\x3e\x03xyz", 6),
       std::string("\xc2\x3e\x03xyz\x0a\x83\x00\x0a\x01z", 12)},
      {"StartContainer", Odd("abc"), "\xc2\x3e\x03xyz"},
      {"StopContainer", Odd("abc"), "\xc2\x3e\x03xyz"},
      {"RemoveContainer", Odd("abc"), "\xc2\x3e\x03xyz"},
      {"PodSandboxStatus", Odd("abc"), "\xc2\x3e\x03xyz"},
      {"Version", Odd("0.1.0"), Odd("0.1.0")},
  };
  for (const auto& [name, request, response] : cases) {
    // The shim itself calls some of these methods; only the caller's call counts.
    const Headers mark = {{"mark", name}};
    setup.runtime.On(Method(name), ReplyWith(setup.runtime, response));
    const Answer answer = setup.client.Call(Method(name), request, mark);
    EXPECT_TRUE(answer.status.ok()) << name << ": " << answer.status.error_message();
    EXPECT_EQ(answer.bytes, response) << name;
    bool found = false;
    for (const Recorded& call : setup.runtime.Calls(Method(name))) {
      if (call.metadata.count("mark") == 0) continue;
      found = true;
      EXPECT_EQ(call.bytes, request) << name;
    }
    EXPECT_TRUE(found) << name;
    setup.runtime.Clear(Method(name));
  }
}

TEST(RelayTest, MalformedInterceptedRequestIsForwardedToTheRuntime) {
  ShimSetup setup;
  const grpc::Status verdict(grpc::StatusCode::INVALID_ARGUMENT, "what is this?");
  setup.runtime.On(Method("CreateContainer"), FailWith(setup.runtime, verdict));
  const Answer answer = setup.client.Call(Method("CreateContainer"), "\x0a\xff");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.status.error_message(), "what is this?");
  EXPECT_EQ(setup.runtime.Calls(Method("CreateContainer")).at(0).bytes, "\x0a\xff");
}

TEST(RelayTest, MetadataIsRelayedInBothDirections) {
  const std::string binary("\x00\xff\x10", 3);
  for (const std::string& method : {std::string(kUnknown), Method("Version")}) {
    ShimSetup setup;
    setup.runtime.On(method, [&setup, binary](const std::shared_ptr<RawCall>& call) {
      call->Read([&setup, call, binary](bool, const std::string& bytes) {
        setup.runtime.Record(call, bytes);
        for (const char* value : {"1", "2"}) {
          call->context.AddInitialMetadata("early", value);
          call->context.AddTrailingMetadata("late", value);
        }
        call->context.AddInitialMetadata("early-bin", binary);
        call->context.AddTrailingMetadata("late-bin", binary);
        call->Reply("ok");
      });
    });
    const Answer answer = setup.client.Call(
        method, "r", {{"mine", "1"}, {"mine", "2"}, {"mine-bin", binary}, {"spaced", "a, b"}});
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    const Headers seen = setup.runtime.Calls(method).at(0).metadata;
    EXPECT_EQ(seen.count("mine"), 2u);
    EXPECT_THAT(seen, Contains(Pair("mine", "1")));
    EXPECT_THAT(seen, Contains(Pair("mine", "2")));
    EXPECT_THAT(seen, Contains(Pair("mine-bin", binary)));
    EXPECT_THAT(seen, Contains(Pair("spaced", "a, b")));
    EXPECT_EQ(answer.initial.count("early"), 2u);
    EXPECT_THAT(answer.initial, Contains(Pair("early-bin", binary)));
    EXPECT_EQ(answer.trailing.count("late"), 2u);
    EXPECT_THAT(answer.trailing, Contains(Pair("late-bin", binary)));
  }
}

TEST(RelayTest, HeadersOfASilentStreamArriveAtOnce) {
  ShimSetup setup;
  setup.runtime.On(kUnknown, [](const std::shared_ptr<RawCall>& call) {
    call->context.AddInitialMetadata("early", "yes");
    call->SendHeaders([call] { Echo(call); });
  });
  StreamCall stream(setup.client.stub(), kUnknown);
  EXPECT_THAT(stream.ReadHeaders(), Contains(Pair("early", "yes")));
  ASSERT_TRUE(stream.WritesDone());
  EXPECT_TRUE(stream.Finish().status.ok());
}

TEST(RelayTest, StatusIsRelayedUnchanged) {
  const std::string details("\x08\x05\x12\x03\xff\x00 details", 14);
  const grpc::Status statuses[] = {
      {grpc::StatusCode::NOT_FOUND, "an \xc3\xa4rger\nwith 100% %20 and \xe6\xbc\xa2", details},
      {grpc::StatusCode::UNIMPLEMENTED, "unknown method Foo for service Bar"},
      {grpc::StatusCode::UNAVAILABLE, "the runtime says so itself"},
      {grpc::StatusCode::CANCELLED, ""},
      {grpc::StatusCode::UNKNOWN, std::string(64 * 1024, 'e')},
  };
  ShimSetup setup;
  for (const std::string& method : {std::string(kUnknown), Method("Version"), Method("StartContainer")}) {
    for (const grpc::Status& status : statuses) {
      setup.runtime.On(method, FailWith(setup.runtime, status));
      const Answer answer = setup.client.Call(method, "");
      EXPECT_EQ(answer.status.error_code(), status.error_code()) << method;
      EXPECT_EQ(answer.status.error_message(), status.error_message()) << method;
      EXPECT_EQ(answer.status.error_details(), status.error_details()) << method;
      EXPECT_LE(answer.trailing.count("grpc-status-details-bin"), 1u);
    }
  }
}

TEST(RelayTest, ThirtyTwoMebibytesEachWay) {
  ShimSetup setup;
  const std::string large(32 * 1024 * 1024, 'L');
  for (const std::string& method : {std::string(kUnknown), Method("ListImages")}) {
    setup.runtime.On(method, ReplyWith(setup.runtime, large));
    const Answer answer = setup.client.Call(method, large);
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_TRUE(answer.bytes == large);
    EXPECT_TRUE(setup.runtime.Calls(method).at(0).bytes == large);
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
