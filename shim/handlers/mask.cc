#include "shim/handlers/mask.h"

#include <nlohmann/json.hpp>

#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

constexpr const char* kReason = "Completed";

}  // namespace

std::optional<std::string> MaskStatus(const PolicyDriver& driver, runtime::v1::ContainerStatus& status) {
  if (status.state() != runtime::v1::CONTAINER_EXITED ||
      !driver.IsMasked(policy::ContainerId(status.id()), ToRuntimeTime(status.finished_at()))) {
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
