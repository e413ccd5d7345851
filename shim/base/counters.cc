#include "shim/base/counters.h"

#include "absl/strings/str_cat.h"

namespace sidecar_shim {

std::string Counters::ToString() const {
  std::string text;
  for (const auto& [name, value] : values_) absl::StrAppend(&text, text.empty() ? "" : " ", name, "=", value);
  return text;
}

}  // namespace sidecar_shim
