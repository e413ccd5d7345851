#include "shim/cri/verbose_info.h"

#include <nlohmann/json.hpp>
#include <string>

namespace sidecar_shim {
namespace {

using nlohmann::json;

// runtimeSpec.process.env has plain "KEY=VALUE" lines in every version; config.envs
// is text or base64, depending on it.
void ReadProcessEnv(const json& info, policy::TraitsReader& reader) {
  const json* node = &info;
  for (const char* key : {"runtimeSpec", "process", "env"}) {
    if (!node->is_object() || !node->contains(key)) return;
    node = &(*node)[key];
  }
  if (!node->is_array()) return;
  for (const json& line : *node) {
    if (!line.is_string()) continue;
    const std::string text = line.get<std::string>();
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
