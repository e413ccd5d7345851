// A timeline for programs.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_JSON_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_JSON_H_

#include <string>

#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// Indented JSON: namespace, pod, uid, phase, ending, start (RFC 3339), duration, and
// containers[] with name, role, priority and attempts[]. Durations and offsets
// are seconds since the start; null for what has not happened.
std::string RenderJson(const Timeline& timeline);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_JSON_H_
