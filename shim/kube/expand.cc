#include "shim/kube/expand.h"

#include "absl/strings/str_cat.h"

namespace sidecar_shim {

std::string Expand(absl::string_view text, const std::map<std::string, std::string>& values) {
  std::string result;
  while (!text.empty()) {
    size_t dollar = text.find('$');
    absl::StrAppend(&result, text.substr(0, dollar));
    if (dollar == absl::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.empty()) {
      result.push_back('$');
    } else if (text[0] == '$') {
      result.push_back('$');
      text.remove_prefix(1);
    } else if (size_t close = text.find(')'); text[0] == '(' && close != absl::string_view::npos) {
      std::string name(text.substr(1, close - 1));
      auto it = values.find(name);
      absl::StrAppend(&result, it == values.end() ? absl::StrCat("$(", name, ")") : it->second);
      text.remove_prefix(close + 1);
    } else {
      result.push_back('$');
    }
  }
  return result;
}

}  // namespace sidecar_shim
