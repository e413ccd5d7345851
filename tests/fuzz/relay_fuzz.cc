// Fuzzes the relay by scripts of what callers and runtime send and when: see script.h.
#include <spdlog/spdlog.h>

#include <chrono>
#include <iterator>
#include <memory>

#include "tests/fuzz/fuzz_world.h"
#include "tests/fuzz/script.h"
#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {
namespace {

constexpr Duration kTimes[] = {std::chrono::milliseconds(0),    std::chrono::milliseconds(1),
                               std::chrono::milliseconds(11),   std::chrono::milliseconds(101),
                               std::chrono::milliseconds(1001), std::chrono::seconds(11)};
constexpr int kMostSteps = 100;
// More than the relay has connections to the runtime for, and than it takes in a turn.
constexpr size_t kMostCallsAtOnce = 100;

Duration ReadTime(FuzzInput& input) { return kTimes[input.Below(std::size(kTimes))]; }

void Close(FuzzPeer* peer, bool only_writing) {
  if (peer == nullptr) return;
  if (only_writing) {
    peer->EndWriting();
  } else {
    peer->Close();
  }
}

void SendManyCalls(FuzzPeer* caller, FuzzInput& input) {
  const std::string block = RequestBlock(PathAt(input.Byte()));
  const std::string message = GrpcMessage("request");
  uint32_t stream = 1 + 2 * input.Byte();
  std::string frames;
  for (size_t left = input.Below(kMostCallsAtOnce); left > 0; --left, stream += 2) {
    frames += HeaderFrames(stream, block);
    frames += DataFrame(stream, message, NGHTTP2_FLAG_END_STREAM);
  }
  if (caller != nullptr) caller->Send(frames);
}

void SendTo(FuzzPeer* peer, std::string_view bytes) {
  if (peer != nullptr) peer->Send(bytes);
}

void TakePeersStep(FuzzWorld& world, Step step, FuzzInput& input) {
  const size_t index = input.Byte();
  switch (step) {
    case Step::kCallerFrame:
      return SendTo(world.Caller(index), ReadFrames(input, Side::kCaller));
    case Step::kRuntimeFrame:
      return SendTo(world.Runtime(index), ReadFrames(input, Side::kRuntime));
    case Step::kCallerBytes:
      return SendTo(world.Caller(index), input.Text());
    case Step::kRuntimeBytes:
      return SendTo(world.Runtime(index), input.Text());
    case Step::kCallerReads:
      if (FuzzPeer* const caller = world.Caller(index)) caller->ToggleReading();
      return;
    case Step::kRuntimeReads:
      if (FuzzPeer* const runtime = world.Runtime(index)) runtime->ToggleReading();
      return;
    case Step::kCloseCaller:
      return Close(world.Caller(index), input.Byte() % 4 == 1);
    case Step::kCloseRuntime:
      return Close(world.Runtime(index), input.Byte() % 4 == 1);
    case Step::kManyCalls:
      return SendManyCalls(world.Caller(index), input);
    default:
      return world.handlers().GoOn(index, input.Below(8));
  }
}

void TakeStep(FuzzWorld& world, Step step, FuzzInput& input) {
  switch (step) {
    case Step::kAdvance:
      return world.Advance(ReadTime(input));
    case Step::kTurn:
      return;
    case Step::kConnect:
      return world.Connect();
    case Step::kListen:
      return world.ToggleListening();
    case Step::kAbandon:
      return world.Abandon();
    case Step::kShutdown:
      return world.Shutdown(ReadTime(input));
    default:
      return TakePeersStep(world, step, input);
  }
}

void RunScript(FuzzProcess& process, FuzzInput& input) {
  FuzzWorld world(process, input.Byte());
  for (int steps = 0; !input.empty() && steps < kMostSteps; ++steps) {
    const uint8_t step = input.Byte();
    TakeStep(world, static_cast<Step>(step % kSteps), input);
    if ((step & kTurnless) == 0) world.Turn();
  }
}

}  // namespace
}  // namespace sidecar_shim::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Lines are made, for their arguments' sake, and dropped.
  static const bool silenced = [] {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("without sinks"));
    return true;
  }();
  static sidecar_shim::testing::FuzzProcess process;
  sidecar_shim::testing::FuzzInput input(data, size);
  if (silenced) sidecar_shim::testing::RunScript(process, input);
  return 0;
}
