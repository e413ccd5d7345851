// A timeline for the terminal: a table with the exact offsets and a chart.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_TEXT_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_TEXT_H_

#include <string>

#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// One line per attempt; offsets in seconds since the start of the pod, "-"
// for what has not happened.
std::string RenderTable(const Timeline& timeline);

// One bar per container, at most `width` columns (60 at least): light while
// it waits (first refused .. created), medium while it is made (.. started),
// full while it runs.
std::string RenderGantt(const Timeline& timeline, int width);

// "0", or "143 -> 0" where the report differs, "-" while it has not exited.
std::string ExitText(const Attempt& attempt);

// The distance of the marks on a time axis: 1, 2 or 5 times a power of ten,
// so that there are at most `max_marks` within `span`.
double AxisStep(double span, int max_marks);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_TEXT_H_
