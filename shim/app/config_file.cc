#include "shim/app/config_file.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shim/app/options.h"
#include "shim/base/read_file.h"
#include "shim/formats/yaml.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLargestFile = 1024 * 1024;

absl::Status SetKey(const std::string& key, const Json& value, config::Config& config) {
  const Option* option = FindOption(key);
  if (option == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown key \"", key, "\" (the keys are the names of the flags of `sidecar-shim serve`)"));
  }
  if (value.is_null()) return absl::OkStatus();  // a key without a value leaves the default
  if (option->kind == OptionKind::kBool) {
    if (!value.is_boolean()) {
      return absl::InvalidArgumentError(absl::StrCat(key, ": expected true or false, found ", value.dump()));
    }
    SetValue(config, *option, value.dump());
    return absl::OkStatus();
  }
  // YAML reads a bare 0 as a number, and it is a duration too; other numbers fail where values are checked.
  if (!value.is_string() && !value.is_number()) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": expected a text, found ", value.dump()));
  }
  SetValue(config, *option, value.is_string() ? value.get<std::string>() : value.dump());
  return absl::OkStatus();
}

absl::StatusOr<config::Config> ParseConfig(const std::string& text) {
  const absl::StatusOr<std::vector<std::string>> documents = YamlToJson(text);
  if (!documents.ok()) return documents.status();
  if (documents->size() > 1) return absl::InvalidArgumentError("more than one YAML document");
  config::Config config;
  if (documents->empty() || documents->front() == "null") return config;
  const Json document = Json::parse(documents->front(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return absl::InvalidArgumentError("expected a mapping of keys to values");
  for (const auto& [key, value] : document.items()) {
    absl::Status status = SetKey(key, value, config);
    if (!status.ok()) return status;
  }
  return config;
}

}  // namespace

absl::StatusOr<config::Config> ParseConfigFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kLargestFile);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("configuration file: ", std::string(text.status().message())));
  }
  absl::StatusOr<config::Config> config = ParseConfig(*text);
  if (config.ok()) return config;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(config.status().message())));
}

}  // namespace sidecar_shim
