// Makes nghttp2's sessions as Connection needs them.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_SESSION_H_
#define SIDECAR_SHIM_SHIM_HTTP2_SESSION_H_

#include <nghttp2/nghttp2.h>

#include "shim/http2/connection.h"

namespace sidecar_shim::http2 {

// A session that reports to `connection`, with this side's SETTINGS submitted. To be ended by
// nghttp2_session_del().
nghttp2_session* MakeSession(Role role, Connection& connection);

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_SESSION_H_
