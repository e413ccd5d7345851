// The pause before each retry of something that keeps failing: exponential
// back-off with a limit. Not thread-safe.
//
//   Backoff backoff({.initial = 1s, .max = 30s});
//   on failure: timer.Start(loop.Now() + backoff.Next(), retry);
//   on success: backoff.Reset();
#ifndef SIDECAR_SHIM_SHIM_BASE_BACKOFF_H_
#define SIDECAR_SHIM_SHIM_BASE_BACKOFF_H_

#include <random>

#include "shim/base/clock.h"

namespace sidecar_shim {

class Backoff {
 public:
  struct Options {
    Duration initial{0};
    double multiplier = 2;
    // A pause is longer by up to this share of it, at random, so that many
    // clients of one server do not retry in step.
    double jitter = 0;
    Duration max{0};  // before jitter
  };

  explicit Backoff(const Options& options) : options_(options) {}

  // `initial` after construction or Reset(); from then on `multiplier` times
  // the pause before, up to `max`.
  Duration Next();
  void Reset() { pause_ = Duration{0}; }
  // True where Next() has not been called since construction or Reset().
  bool IsReset() const { return pause_ == Duration{0}; }

 private:
  const Options options_;
  Duration pause_{0};  // the latest, before jitter
  std::mt19937 random_{std::random_device()()};
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_BACKOFF_H_
