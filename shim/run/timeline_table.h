// A timeline as a table for the terminal.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_TABLE_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_TABLE_H_

#include <string>

#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// One line per attempt, with offsets in seconds since the start of the pod; "-" for what has not happened.
std::string RenderTable(const Timeline& timeline);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_TABLE_H_
