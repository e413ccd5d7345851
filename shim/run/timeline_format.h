// What the renderings of a timeline share.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_FORMAT_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_FORMAT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// The longest that a container's name gets on the terminal, in columns.
inline constexpr size_t kMaxNameWidth = 28;

// "0", or "143 -> 0" where the reported exit code differs, "-" while the container has not exited.
std::string ExitText(const Attempt& attempt);

// `name`, or as much of it as leaves room for `mark` within `width` characters.
std::string Shortened(const std::string& name, size_t width, absl::string_view mark);

// The distance of the marks on a time axis: 1, 2 or 5 times a power of ten, so that at most `max_marks` are
// within `span`.
double AxisStep(double span, int max_marks);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_FORMAT_H_
