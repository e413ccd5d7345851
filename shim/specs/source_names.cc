#include "shim/specs/source_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sidecar_shim {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const std::vector<std::string>& AllSources() {
  static const auto* all = new std::vector<std::string>{kPodsApi,   kApiServer,  kKubeletPods,
                                                        kStaticPod, kAnnotation, kPodResources};
  return *all;
}

absl::StatusOr<std::vector<std::string>> ParseSources(const std::string& text) {
  if (text == "auto") return AllSources();
  std::vector<std::string> names;
  std::vector<std::string> errors;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::string name(absl::StripAsciiWhitespace(part));
    if (!Contains(AllSources(), name)) {
      errors.push_back(absl::StrCat("unknown source \"", name, "\""));
    } else if (Contains(names, name)) {
      errors.push_back(absl::StrCat("\"", name, "\" is listed twice"));
    } else {
      names.push_back(name);
    }
  }
  if (errors.empty()) return names;
  return absl::InvalidArgumentError(absl::StrCat(
      absl::StrJoin(errors, ", "), "; expected \"auto\" or a list of ", absl::StrJoin(AllSources(), ", ")));
}

}  // namespace sidecar_shim
