// A timeline as a chart for the terminal.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_GANTT_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_GANTT_H_

#include <string>

#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// One bar per container, at most `width` columns wide, but never narrower than 60: light while it waits (from
// the first refusal), medium from its creation to its start, full while it runs.
std::string RenderGantt(const Timeline& timeline, int width);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_GANTT_H_
