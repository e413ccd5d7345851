#include "shim/cri/verbose_info.h"

#include <nlohmann/json.hpp>
#include <string>

namespace sidecar_shim {
namespace {

using nlohmann::json;

// From runtimeSpec.process.env, which has plain "NAME=value" strings in every
// version of containerd; the values of config.envs are text in some versions and
// base64 in others.
void ReadProcessEnv(const json& info, policy::TraitsReader& reader) {
  static const json::json_pointer kProcessEnv("/runtimeSpec/process/env");
  if (!info.contains(kProcessEnv)) return;
  const json& env = info.at(kProcessEnv);
  if (!env.is_array()) return;
  for (const json& item : env) {
    if (!item.is_string()) continue;
    const std::string text = item.get<std::string>();
    const size_t equals = text.find('=');
    if (equals != std::string::npos) reader.Env(text.substr(0, equals), text.substr(equals + 1));
  }
}

json ReadInfo(const runtime::v1::ContainerStatusResponse& response) {
  auto it = response.info().find("info");
  if (it == response.info().end()) return json();
  return json::parse(it->second, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

policy::Traits TraitsFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response) {
  policy::TraitsReader reader;
  ReadProcessEnv(ReadInfo(response), reader);
  return reader.Finish();
}

int PidFromVerboseInfo(const runtime::v1::ContainerStatusResponse& response) {
  const json info = ReadInfo(response);
  if (!info.is_object()) return 0;
  auto it = info.find("pid");
  return it != info.end() && it->is_number_integer() ? it->get<int>() : 0;
}

}  // namespace sidecar_shim
