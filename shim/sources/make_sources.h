// Builds the plan sources that the configuration names.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_MAKE_SOURCES_H_
#define SIDECAR_SHIM_SHIM_SOURCES_MAKE_SOURCES_H_

#include "shim/config.h"
#include "shim/core/counters.h"
#include "shim/http/http_client.h"
#include "shim/loop.h"
#include "shim/sources/plan_registry.h"
#include "shim/worker.h"

namespace sidecar_shim {

// Adds them in the order of config.sources.
void AddSources(const DaemonConfig& config, Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                PlanRegistry& plans);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_MAKE_SOURCES_H_
