#include "shim/relay/method_table.h"

namespace sidecar_shim {

Method LookUp(std::string_view path, const HandlerTable& handlers) {
  Method method;
  method.traits = TraitsOf(path);
  method.images = path.find(".ImageService/") != std::string_view::npos;
  if (const auto maker = handlers.find(path); maker != handlers.end()) method.handler = maker->second();
  return method;
}

std::string_view ServiceOf(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.rfind('/'));
}

bool IsServed(std::string_view path) { return !ServiceOf(path).starts_with("containerd."); }

}  // namespace sidecar_shim
