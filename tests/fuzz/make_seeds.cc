// Writes the scripts and messages that fuzzing starts from, the same ones every time:
//   fuzz_seeds FOLDER
// makes FOLDER/relay-NN and FOLDER/wire-NN, and FOLDER/relay.txt and FOLDER/wire.txt, which name them for
// libFuzzer's -seed_inputs.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "cri.pb.h"
#include "shim/cri/bytes.h"
#include "tests/fuzz/compressed.h"
#include "tests/fuzz/fuzz_handlers.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/wire_kinds.h"

namespace sidecar_shim::testing {
namespace {

using Bytes = std::string;
constexpr uint8_t kEnd = 1;  // END_STREAM
constexpr uint8_t kRelease = 4;

template <typename... Parts>
Bytes Of(Parts... parts) {
  return {static_cast<char>(parts)...};
}
Bytes Text(std::string_view text) { return Of(text.size()).append(text); }

Bytes Begin(uint8_t greetings = kCallersGreet | kRuntimesGreet) { return Of(greetings); }
// A step of the first caller's, or of the runtime's connection `index`.
template <typename... Parts>
Bytes Caller(Shape shape, size_t stream, Parts... parts) {
  return Of(Step::kCallerFrame, 0, shape, stream, parts...);
}
template <typename... Parts>
Bytes Runtime(size_t index, Shape shape, size_t stream, Parts... parts) {
  return Of(Step::kRuntimeFrame, index, shape, stream, parts...);
}
uint8_t Turnless(Step step) { return static_cast<uint8_t>(step) | kTurnless; }
Bytes Handler(size_t choice) { return Of(Step::kHandler, 0, choice); }

Bytes Answer() {
  return Runtime(0, Shape::kHeaders, 0, 0, 0) + Runtime(0, Shape::kMessage, 0, 40, 0, 0) +
         Runtime(0, Shape::kTrailers, 0, 0);
}

// One whole call of each method, in the usual course, and cut off after each of its steps in two ways.
void AddCalls(std::vector<Bytes>& scripts) {
  for (size_t path = 0; path < kFuzzMethodCount; ++path) {
    const Bytes request =
        Caller(Shape::kHeaders, 0, path, kTimeout, 0) + Caller(Shape::kMessage, 0, 30, 0, kEnd);
    const Bytes go_on = Handler(path % 2) + Of(Step::kAdvance, 2);
    const Bytes release = Handler(kRelease);
    scripts.push_back(Begin() + request + go_on + Answer() + release);
    scripts.push_back(Begin() + request + Caller(Shape::kReset, 0, 8));
    scripts.push_back(Begin() + request + go_on + Runtime(0, Shape::kHeaders, 0, 0, 0) +
                      Runtime(0, Shape::kMessage, 0, 9, kSplitForm, 0) + Of(Step::kCloseRuntime, 0, 0) +
                      release);
    scripts.push_back(Begin() + request + go_on + Answer() + Of(Step::kCloseCaller, 0, 0) + release);
    scripts.push_back(Begin() + request + Handler(2) + go_on + Runtime(0, Shape::kReset, 0, 2) + release);
    scripts.push_back(Begin() + request + go_on + Runtime(0, Shape::kHeaders, 0, 0, 0) +
                      Runtime(0, Shape::kMessage, 0, 9, 0, 0) + Of(Step::kAbandon) + release);
    scripts.push_back(Begin() + request + Of(Step::kShutdown, 3) + go_on + Of(Step::kAdvance, 4) + release);
    scripts.push_back(Begin() + request + go_on + Runtime(0, Shape::kHeaders, 0, kTooLong, 0) +
                      Runtime(1, Shape::kWhole, 0, 20));
    scripts.push_back(Begin() + Caller(Shape::kHeaders, 0, path, kEncoding | kAccepts, 0) +
                      Caller(Shape::kMessage, 0, 30, kCompressedForm | kLargeForm, kEnd) + go_on +
                      Runtime(0, Shape::kHeaders, 0, kEncoding, 0) +
                      Runtime(0, Shape::kMessage, 0, 50, kCompressedForm, 0) +
                      Runtime(0, Shape::kTrailers, 0, 5) + release);
  }
}

// A stream's message that is held is released right after the call has ended otherwise, before the caller
// knows.
void AddLateReleases(std::vector<Bytes>& scripts) {
  constexpr size_t kHeldStream = 14;
  static_assert(kFuzzMethods[kHeldStream].holds);
  const Bytes held = Begin() + Caller(Shape::kWhole, 0, kHeldStream) + Runtime(0, Shape::kHeaders, 0, 0, 0) +
                     Runtime(0, Shape::kMessage, 0, 9, 0, 0);
  const Bytes release = Handler(kRelease);
  scripts.push_back(held + Of(Turnless(Step::kAbandon)) + release);
  scripts.push_back(held + Of(Step::kCallerReads, 0) + Of(Step::kCloseRuntime, 0, 0) + release);
  scripts.push_back(held + Of(Step::kShutdown, 1) + Of(Step::kAdvance, 1) + release + Of(Step::kAdvance, 3));
  // With the caller's window closed, the end waits.
  const Bytes closed = Of(0) + Caller(Shape::kGreeting, 0, 1) + Caller(Shape::kHeaders, 0, 15, 0, 0) +
                       Runtime(0, Shape::kGreeting, 0, 0) + Runtime(0, Shape::kWhole, 0, 9);
  scripts.push_back(closed + Caller(Shape::kWindow, 0, 2) + Caller(Shape::kTrailers, 0, 0));
  scripts.push_back(closed + Of(Step::kAbandon, Step::kShutdown, 1, Step::kAdvance, 3));
}

// A caller with wide windows that does not read, until it does or somebody leaves.
void AddCongestion(std::vector<Bytes>& scripts) {
  for (const size_t path : {size_t{0}, size_t{3}, size_t{4}, size_t{13}, size_t{15}}) {
    const Bytes congested = Begin() + Of(Step::kCallerReads, 0) + Caller(Shape::kWhole, 0, path) +
                            Caller(Shape::kWindow, 0, 3) + Caller(Shape::kWindow, 7, 3) +
                            Caller(Shape::kWhole, 1, path) + Runtime(0, Shape::kHeaders, 0, 0, 0) +
                            Runtime(0, Shape::kManyData, 0, 30);
    const Bytes reads = Of(Step::kCallerReads, 0);
    scripts.push_back(congested + reads + Runtime(0, Shape::kTrailers, 0, 0));
    scripts.push_back(congested + Of(Step::kCloseCaller, 0, 0));
    scripts.push_back(congested + Of(Step::kCloseRuntime, 0, 0) + reads);
    scripts.push_back(congested + Caller(Shape::kReset, 0, 8) + Caller(Shape::kWhole, 2, path) + reads);
    scripts.push_back(congested + Of(Step::kAbandon, Step::kShutdown, 3, Step::kAdvance, 4));
  }
}

// Several answers fill what the relay keeps for a caller that does not read, and then are reset: the one of
// whose DATA a frame waits for room, too. The same for requests, which share a connection where they ask.
void AddResetsOfWaiting(std::vector<Bytes>& scripts) {
  constexpr size_t kCalls = 6;
  const Bytes wide = Caller(Shape::kWindow, 7, 3) + Caller(Shape::kWindow, 7, 3);
  Bytes answers = Begin() + Of(Step::kCallerReads, 0) + wide;
  Bytes resets;
  for (size_t i = 0; i < kCalls; ++i) {
    answers += Caller(Shape::kHeaders, i, 13, 0, 0) + Caller(Shape::kWindow, i, 3) +
               Runtime(i, Shape::kHeaders, 0, 0, 0);
  }
  for (size_t i = 0; i < kCalls; ++i) {
    answers += Of(Turnless(Step::kRuntimeFrame), i, Shape::kManyData, 0, 12);
    resets += Of(Turnless(Step::kRuntimeFrame), i, Shape::kReset, 0, 2);
  }
  scripts.push_back(answers + Of(Step::kTurn) + resets + Of(Step::kTurn, Step::kCallerReads, 0));

  Bytes requests = Begin();
  Bytes cancels;
  for (size_t i = 0; i < kCalls; ++i) {
    requests += Caller(Shape::kHeaders, i, 0, 0, 0);
    if (i == 0) requests += Of(Step::kRuntimeReads, 0) + Runtime(0, Shape::kWindow, 7, 3);
    requests += Runtime(0, Shape::kWindow, i, 3);
    cancels += Of(Turnless(Step::kCallerFrame), 0, Shape::kReset, i, 8);
  }
  for (size_t i = 0; i < kCalls; ++i)
    requests += Of(Turnless(Step::kCallerFrame), 0, Shape::kManyData, i, 30);
  scripts.push_back(requests + Of(Step::kTurn) + cancels + Of(Step::kTurn, Step::kRuntimeReads, 0));
}

void AddConnections(std::vector<Bytes>& scripts) {
  for (uint8_t greetings = 0; greetings < 4; ++greetings) {
    const Bytes begin = Begin(greetings) + Caller(Shape::kGreeting, 0, 1);
    scripts.push_back(begin + Caller(Shape::kWhole, 0, 0) + Runtime(0, Shape::kGreeting, 0, greetings) +
                      Runtime(0, Shape::kWhole, 0, 10) + Caller(Shape::kWindow, 7, 2) +
                      Caller(Shape::kWindow, 0, 4) + Of(Step::kAdvance, 5));
    scripts.push_back(begin + Caller(Shape::kPing, 1, 0) + Caller(Shape::kAcknowledge, 0) +
                      Caller(Shape::kGoAway, 1, 0) + Of(Step::kShutdown, 4) + Caller(Shape::kPing, 2, 1));
  }
  // Floods, a runtime that reads slowly, and one that comes and goes.
  scripts.push_back(Begin() + Of(Step::kRuntimeReads, 0) + Caller(Shape::kHeaders, 0, 13, 0, 0) +
                    Caller(Shape::kManyData, 0, 31) + Of(Step::kRuntimeReads, 0) +
                    Runtime(0, Shape::kWindow, 0, 4) + Caller(Shape::kTrailers, 0, 0) +
                    Runtime(0, Shape::kWhole, 0, 4));
  scripts.push_back(Begin() + Of(Step::kManyCalls, 0, 0, 0, 90) + Runtime(0, Shape::kWhole, 3, 8) +
                    Runtime(0, Shape::kGoAway, 4, 0) + Of(Step::kCloseRuntime, 0, 0));
  scripts.push_back(Begin() + Of(Step::kManyCalls, 0, 2, 0, 80) + Of(Step::kShutdown, 1, Step::kAdvance, 4));
  scripts.push_back(Begin() + Of(Step::kListen) + Caller(Shape::kWhole, 0, 0) +
                    Of(Step::kAdvance, 4, Step::kListen) + Caller(Shape::kWhole, 1, 0) +
                    Runtime(0, Shape::kWhole, 0, 3));
  // Two callers, one of whom leaves.
  scripts.push_back(Begin() + Of(Step::kConnect) + Of(Step::kManyCalls, 0, 12, 0, 3) +
                    Of(Step::kManyCalls, 1, 12, 0, 3) + Of(Step::kCloseCaller, 0, 1) +
                    Runtime(0, Shape::kWhole, 0, 3) + Runtime(1, Shape::kWhole, 1, 3) +
                    Of(Step::kCloseCaller, 1, 0));
  // What breaks the protocol.
  scripts.push_back(Begin() + Of(Step::kCallerBytes, 0) + Text("GET / HTTP/1.1\r\n\r\n"));
  scripts.push_back(Begin() + Caller(Shape::kHeaders, 0, 0, kMalformed, 0) +
                    Caller(Shape::kAnyFrame, 1, 9, 4) + Text("\x82\x86\x84"));
  scripts.push_back(Begin() + Caller(Shape::kAnyBlock, 0, 4) +
                    Text("\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a"));
  scripts.push_back(Begin() + Caller(Shape::kWhole, 0, 13) +
                    Runtime(0, Shape::kHeaders, 0, kInformational, 0) + Runtime(0, Shape::kPart, 0, 0) +
                    Text("\x01\x02") + Runtime(0, Shape::kHeaders, 0, kIndexed, 1));
}

std::vector<Bytes> WireSeeds() {
  runtime::v1::ContainerStatusResponse response;
  response.mutable_status()->set_id("id");
  response.mutable_status()->set_state(runtime::v1::CONTAINER_RUNNING);
  (*response.mutable_info())["info"] = "{}";
  const Bytes running = ToBytes(response);
  response.mutable_status()->set_state(runtime::v1::CONTAINER_EXITED);
  std::vector<Bytes> seeds = {
      Of(WireKind::kStatus, 5) + "no such container: \"\xc3\xa4\" 100 %",
      Of(WireKind::kForeignStatus, 7, 40, 1, '5', 8, 6),
      Of(WireKind::kTimeoutValue, 0, 0, 0, 1, 2, 3, 4, 5),
      Of(WireKind::kMessage, 0, 0, 0, 0, 3) + "abc",
      Of(WireKind::kInflate, 0) + Compressed("what was sent", /*gzip=*/true),
      Of(WireKind::kInflate, 1) + Compressed("what was sent", /*gzip=*/false),
      Of(WireKind::kStatusScan) + running,
      Of(WireKind::kStatusScan) + ToBytes(response),
      Of(WireKind::kBuiltStatus, 1) + Text("id") + Of(0, 0, 0, 1, 1) + Text("key") + Text("value"),
      Of(WireKind::kHeaderRules, 1, 4, 2, 20, 4, 'h', 't', 't', 'p', 3, 5, 6, 3),
      Of(WireKind::kHeaderRules, 5, 1, 20, 3, 'a', '-', 'b', 0),
  };
  for (const char* text : {"1n", "99999999H", "20m", "100000000S", "-1S", "5"}) {
    seeds.push_back(Of(WireKind::kTimeoutText) + text);
  }
  return seeds;
}

void Write(const std::filesystem::path& folder, const std::string& name, const std::vector<Bytes>& seeds) {
  std::string list;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const std::filesystem::path path = folder / (name + "-" + std::to_string(i));
    std::ofstream(path, std::ios::binary) << seeds[i];
    list += (list.empty() ? "" : ",") + path.string();
  }
  std::ofstream(folder / (name + ".txt")) << list;
}

}  // namespace
}  // namespace sidecar_shim::testing

int main(int argc, char** argv) {
  using namespace sidecar_shim::testing;
  if (argc != 2) return 2;
  std::filesystem::create_directories(argv[1]);
  std::vector<std::string> scripts;
  AddCalls(scripts);
  AddLateReleases(scripts);
  AddCongestion(scripts);
  AddResetsOfWaiting(scripts);
  AddConnections(scripts);
  Write(argv[1], "relay", scripts);
  Write(argv[1], "wire", WireSeeds());
}
