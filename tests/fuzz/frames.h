// Well-formed frames, and nearly so, from few bytes of a script.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_FRAMES_H_
#define SIDECAR_SHIM_TESTS_FUZZ_FRAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_input.h"

namespace sidecar_shim::testing {

enum class Side { kCaller, kRuntime };

// What calls are made to: see fuzz_handlers.cc.
std::string_view PathAt(size_t index);

// Reads a Shape, a stream and what the shape takes.
std::string ReadFrames(FuzzInput& input, Side side);
// What `side` sends first.
std::string Greeting(Side side, size_t index = 0);

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_FRAMES_H_
