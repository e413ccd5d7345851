// Builds the spec sources that the configuration names. They work on the loop; the arguments outlive them.
#ifndef SIDECAR_SHIM_SHIM_APP_MAKE_SOURCES_H_
#define SIDECAR_SHIM_SHIM_APP_MAKE_SOURCES_H_

#include "shim/app/config.h"
#include "shim/base/counters.h"
#include "shim/base/loop.h"
#include "shim/base/worker.h"
#include "shim/http/http_client.h"
#include "shim/specs/spec_resolver.h"

namespace sidecar_shim {

// Adds them in the order of config.sources.
void AddSources(const DaemonConfig& config, Loop& loop, HttpClient& http, Worker& worker, Counters& counters,
                SpecResolver& specs);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_APP_MAKE_SOURCES_H_
