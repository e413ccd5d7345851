#include "tests/fuzz/fuzz_world.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "shim/relay/limits.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/script.h"
#include "tests/support/raw_http2.h"

namespace sidecar_shim::testing {
namespace {

// The most that one side's socket and queues can hold moves in fewer turns.
constexpr int kMostTurns = 10'000;
// A dial that is tried again every 10 ms for a second is the most there is, for each connection.
constexpr int kMostTimers = 100'000;
constexpr size_t kMostCallers = 6;
constexpr size_t kMostRuntimes = 200;
// The longest grace that a script may give, and what the last answers may take.
constexpr Duration kLongestShutdown = std::chrono::seconds(12);
// Of each endpoint.
constexpr ptrdiff_t kMostKept = 2 * static_cast<ptrdiff_t>(kIdleAlone);

// With the answer to the relay's SETTINGS, before which its windows are small.
std::string FirstWords(Side side) { return Greeting(side) + SettingsAck(); }

}  // namespace

void FuzzLoop::Advance(Duration duration) {
  const Time end = now_ + duration;
  int count = 0;
  for (std::optional<Time> due = timers().Earliest(); due && *due <= end; due = timers().Earliest()) {
    Check(++count < kMostTimers, "timers come to rest");
    now_ = std::max(now_, *due);
    TurnOnce();
  }
  now_ = end;
}

FuzzProcess::FuzzProcess() {
  char name[] = "/tmp/relay-fuzz-XXXXXX";
  Check(mkdtemp(name) != nullptr, "a temporary folder can be made");
  folder = name;
  const std::string endpoint = "unix://" + folder + "/runtime.sock";
  runtime.emplace(endpoint);
  images.emplace(endpoint);
  listener.emplace(folder + "/runtime.sock");
}

FuzzProcess::~FuzzProcess() {
  listener.reset();
  rmdir(folder.c_str());
  loop.Shutdown();
  loop.Run();
}

FuzzWorld::FuzzWorld(FuzzProcess& process, uint8_t greetings) : process_(process), greetings_(greetings) {
  if (!process_.listener) process_.listener.emplace(process_.folder + "/runtime.sock");
  relay_.emplace(process_.loop, *process_.runtime, *process_.images);
  relay_->SetHandlers(handlers_.Table());
  Connect();
}

FuzzWorld::~FuzzWorld() {
  if (shutting_down_) {
    Advance(kLongestShutdown);
    Check(done_, "a shutdown takes no longer than it may");
  }
  for (FuzzPeer& caller : callers_) caller.Close();
  Turn();
  Check(relay_->live_calls() == 0, "no call is left once the callers are gone");
  Check(handlers_.none(), "no handler is left once the callers are gone");
  Check(!process_.runtime->busy() && !process_.images->busy(), "no call is in flight");
  const auto kept = std::count_if(runtimes_.begin(), runtimes_.end(),
                                  [](const FuzzPeer& peer) { return peer.open() && peer.reads(); });
  Check(kept <= kMostKept, "few connections are kept for callers to come");
  handlers_.ReleaseAll();
  if (!shutting_down_) Shutdown(Duration{0});
  Turn();
  Check(done_, "the relay ends once the callers are gone");
  relay_.reset();
  // What relay and runtime had begun: the next script has new connections.
  while (Accept()) {
  }
}

FuzzPeer* FuzzWorld::At(std::list<FuzzPeer>& peers, size_t index) {
  if (peers.empty()) return nullptr;
  return &*std::next(peers.begin(), static_cast<ptrdiff_t>(index % peers.size()));
}

void FuzzWorld::Connect() {
  if (shutting_down_ || callers_.size() >= kMostCallers) return;
  int ends[2];
  Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "there are sockets");
  relay_->Serve(ends[0]);
  callers_.emplace_back(ends[1]);
  if ((greetings_ & kCallersGreet) != 0) callers_.back().Send(FirstWords(Side::kCaller));
}

void FuzzWorld::ToggleListening() {
  if (process_.listener) {
    process_.listener.reset();
  } else {
    process_.listener.emplace(process_.folder + "/runtime.sock");
  }
}

void FuzzWorld::Shutdown(Duration grace) {
  if (std::exchange(shutting_down_, true)) return;
  relay_->Shutdown(grace, [this] {
    Check(!done_, "a shutdown ends once");
    done_ = true;
  });
}

bool FuzzWorld::Accept() {
  const int fd = process_.listener ? process_.listener->Accept() : -1;
  if (fd < 0) return false;
  runtimes_.emplace_back(fd);
  if ((greetings_ & kRuntimesGreet) != 0) runtimes_.back().Send(FirstWords(Side::kRuntime));
  // Those of old are closed first, as by a runtime that has too many.
  if (runtimes_.size() > kMostRuntimes) runtimes_.pop_front();
  return true;
}

void FuzzWorld::Turn() {
  constexpr int kQuietTurns = 2;
  int quiet = 0;
  for (int turns = 0; quiet < kQuietTurns; ++turns) {
    Check(turns < kMostTurns, "the relay comes to rest");
    process_.loop.TurnOnce();
    bool moved = Accept();
    for (std::list<FuzzPeer>* peers : {&callers_, &runtimes_}) {
      for (FuzzPeer& peer : *peers) moved = peer.Move() || moved;
    }
    quiet = moved ? 0 : quiet + 1;
  }
}

void FuzzWorld::Advance(Duration duration) {
  process_.loop.Advance(duration);
  Turn();
}

}  // namespace sidecar_shim::testing
