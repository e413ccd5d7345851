// The HTTP status codes by which responses of the API server and kubelet are classified.
#ifndef SIDECAR_SHIM_SHIM_HTTP_HTTP_STATUS_H_
#define SIDECAR_SHIM_SHIM_HTTP_HTTP_STATUS_H_

namespace sidecar_shim {

inline constexpr int kHttpOk = 200;
inline constexpr int kHttpUnauthorized = 401;
inline constexpr int kHttpForbidden = 403;
inline constexpr int kHttpNotFound = 404;
inline constexpr int kHttpGone = 410;

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_HTTP_HTTP_STATUS_H_
