// What the relay does with a call, by its method's path.
#ifndef SIDECAR_SHIM_SHIM_RELAY_METHOD_TABLE_H_
#define SIDECAR_SHIM_SHIM_RELAY_METHOD_TABLE_H_

#include <functional>
#include <memory>
#include <string_view>

#include "shim/cri/methods.h"
#include "shim/relay/call_handler.h"

namespace sidecar_shim {

struct Method {
  MethodTraits traits;
  bool images = false;  // for the image endpoint
  std::unique_ptr<CallHandler> handler;
};

// Makes the call's handler, if its method has one.
Method LookUp(std::string_view path, const HandlerTable& handlers);

// False for containerd's own API (images, leases, tasks, ...), which it serves on
// the socket of CRI: access to the shim's socket does not give access to that.
bool IsServed(std::string_view path);

// "a.b.C" of "/a.b.C/Method".
std::string_view ServiceOf(std::string_view path);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_RELAY_METHOD_TABLE_H_
