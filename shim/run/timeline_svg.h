// A timeline as an SVG picture.
#ifndef SIDECAR_SHIM_SHIM_RUN_TIMELINE_SVG_H_
#define SIDECAR_SHIM_SHIM_RUN_TIMELINE_SVG_H_

#include <string>

#include "shim/run/timeline.h"

namespace sidecar_shim::run {

// A self-contained SVG document on a light background: one bar per container, hatched while it waits, with
// its exit code behind it; a dashed line where the last main container finished; a legend.
std::string RenderSvg(const Timeline& timeline);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_TIMELINE_SVG_H_
