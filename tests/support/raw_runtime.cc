#include "tests/support/raw_runtime.h"

#include <map>
#include <optional>
#include <utility>

namespace sidecar_shim::testing {
namespace {

bool IsEventStream(const std::string& path) {
  return path.find("GetContainerEvents") != std::string::npos || path.find("Subscribe") != std::string::npos;
}

}  // namespace

RawRuntime::RawRuntime(const std::string& path, Serve serve)
    : listener_(path), serve_(std::move(serve)), acceptor_([this] { Accept(); }) {}

RawRuntime::~RawRuntime() {
  listener_.Close();
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : connections_) connection->Abort();
  }
  for (std::thread& thread : threads_) thread.join();
}

void RawRuntime::Accept() {
  for (int number = 0;; ++number) {
    std::unique_ptr<RawConnection> accepted = listener_.Accept();
    if (!accepted) return;
    const std::lock_guard lock(mutex_);
    RawConnection& connection = *connections_.emplace_back(std::move(accepted));
    threads_.emplace_back([this, &connection, number] {
      serve_(connection, number);
      connection.Abort();
    });
  }
}

bool GreetCaller(RawConnection& connection, const SettingList& settings) {
  SettingList all = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kMaxWindow}};
  all.insert(all.end(), settings.begin(), settings.end());
  return connection.ReadPreface() &&
         connection.Send(SettingsFrame(all) + WindowUpdateFrame(0, kMaxWindow / 2));
}

void ServeCalls(RawConnection& connection, const RawScript& script) {
  std::map<uint32_t, std::string> paths;
  // A day: a runtime has time.
  while (const std::optional<Frame> frame = connection.Read(std::chrono::hours(24))) {
    script.on_frame(connection, *frame);
    if (frame->is(NGHTTP2_HEADERS)) paths[frame->stream] = frame->field(":path");
    if (frame->is(NGHTTP2_RST_STREAM)) paths.erase(frame->stream);
    const bool acknowledged = (frame->flags & NGHTTP2_FLAG_ACK) != 0;
    if (frame->is(NGHTTP2_SETTINGS) && !acknowledged) connection.Send(SettingsAck());
    if (frame->is(NGHTTP2_PING) && !acknowledged) {
      connection.Send(FrameBytes(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, frame->payload));
    }
    if (!frame->ends_stream()) continue;
    const RawRequest request{frame->stream, paths[frame->stream]};
    if (IsEventStream(request.path) || script.on_request(connection, request)) continue;
    connection.Send(AnswerFrames(request.stream));
  }
}

}  // namespace sidecar_shim::testing
