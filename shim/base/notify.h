// systemd's notification protocol (sd_notify(3)): one datagram per message.
#ifndef SIDECAR_SHIM_SHIM_BASE_NOTIFY_H_
#define SIDECAR_SHIM_SHIM_BASE_NOTIFY_H_

#include <string>

namespace sidecar_shim {

// Sends e.g. "READY=1" to NOTIFY_SOCKET; does nothing without one.
void Notify(const std::string& message);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_NOTIFY_H_
