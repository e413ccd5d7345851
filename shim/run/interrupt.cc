#include "shim/run/interrupt.h"

#include <pthread.h>

#include <utility>

namespace sidecar_shim::run {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> first, std::function<void()> again)
    : first_(std::move(first)), again_(std::move(again)) {
  sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  thread_ = std::thread([this] { Loop(); });
}

Interrupt::~Interrupt() {
  done_ = true;
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::Loop() {
  sigset_t signals = StopSignals();
  bool interrupted = false;
  while (!done_) {
    timespec period{0, 100'000'000};
    if (sigtimedwait(&signals, nullptr, &period) < 0) continue;
    (interrupted ? again_ : first_)();
    interrupted = true;
  }
}

}  // namespace sidecar_shim::run
