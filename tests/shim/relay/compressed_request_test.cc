// A caller that compresses its requests, before the shim's own handlers.
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/abuse_support.h"
#include "tests/support/deflate.h"
#include "tests/support/pod_support.h"

namespace sidecar_shim::testing {
namespace {

std::string CompressedFrames(uint32_t stream, const std::string& path, const std::string& packed) {
  std::string framed = GrpcMessage(packed);
  framed[0] = 1;
  return HeaderFrames(stream, RequestBlock(path, Field("grpc-encoding", "gzip"))) +
         DataFrame(stream, framed, NGHTTP2_FLAG_END_STREAM);
}

// The status in the last block of the answer to that stream.
std::string StatusOn(RawConnection& caller, uint32_t stream) {
  const std::optional<Frame> end = caller.ReadUntil(
      [stream](const Frame& frame) { return frame.stream == stream && frame.ends_stream(); });
  return end ? end->field("grpc-status") : "none";
}

TEST(CompressedRequestTest, TheHandlerUnderstandsIt) {
  ShimSetup setup;
  Pod pod(setup, R"({"restartPolicy": "Always", "containers": [
    {"name": "main", "postStart": false}, {"name": "proxy", "priority": 10, "postStart": false}]})");
  const auto caller = RawConnection::ShakenHands(setup.dir.File("shim.sock"));
  const std::string main = pod.Request("main").SerializeAsString();
  caller->Send(CompressedFrames(1, Method("CreateContainer"), Gzip(main)));
  EXPECT_EQ(StatusOn(*caller, 1), "9");  // it waits for "proxy"
  EXPECT_EQ(setup.runtime.Count(Method("CreateContainer")), 0u);
  const std::string proxy = pod.Request("proxy").SerializeAsString();
  caller->Send(CompressedFrames(3, Method("CreateContainer"), Gzip(proxy)));
  EXPECT_EQ(StatusOn(*caller, 3), "0");
  ASSERT_EQ(setup.runtime.Count(Method("CreateContainer")), 1u);
  EXPECT_NE(setup.runtime.model().Id("proxy"), "");
}

TEST(CompressedRequestTest, UnchangedItPassesByteForByte) {
  std::mutex mutex;
  std::string seen;
  std::string encoding;
  uint32_t stream = 0;
  const void* its_connection = nullptr;
  AbuseSetup setup;  // its threads end before what they use
  RawScript script;
  script.on_frame = [&](RawConnection& connection, const Frame& frame) {
    const std::lock_guard lock(mutex);
    if (frame.field(":path") == Method("CreateContainer")) {
      stream = frame.stream;
      its_connection = &connection;
      encoding = frame.field("grpc-encoding");
    }
    if (&connection == its_connection && frame.stream == stream && frame.is(NGHTTP2_DATA)) {
      seen += frame.payload;
    }
  };
  setup.ReplaceRuntime(script);
  runtime::v1::CreateContainerRequest request;
  request.set_pod_sandbox_id("nobody-knows-it");
  request.mutable_config()->mutable_metadata()->set_name("plain");
  const std::string packed = Gzip(request.SerializeAsString());
  const auto caller = setup.Connect();
  caller->Send(CompressedFrames(1, Method("CreateContainer"), packed));
  EXPECT_EQ(StatusOn(*caller, 1), "0");
  std::string framed = GrpcMessage(packed);
  framed[0] = 1;
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(seen == framed);
  EXPECT_EQ(encoding, "gzip");
}

}  // namespace
}  // namespace sidecar_shim::testing
