#include "shim/handlers/mask.h"

#include <nlohmann/json.hpp>

#include "shim/loop.h"

namespace sidecar_shim {
namespace {

constexpr const char* kReason = "Completed";

}  // namespace

std::optional<std::string> MaskStatus(const policy::Engine& engine, runtime::v1::ContainerStatus& status) {
  if (status.state() != runtime::v1::CONTAINER_EXITED ||
      !engine.IsMasked(status.id(), status.finished_at(), Loop::Now())) {
    return std::nullopt;
  }
  const nlohmann::json real = {{"masked", true},
                               {"exitCode", status.exit_code()},
                               {"reason", status.reason()},
                               {"message", status.message()}};
  status.set_exit_code(0);
  status.set_reason(kReason);
  status.clear_message();
  // The runtime's message need not be UTF-8.
  return real.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sidecar_shim
