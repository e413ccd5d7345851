#include "shim/base/counters.h"

#include "absl/strings/str_cat.h"

namespace sidecar_shim {

std::string Counters::ToString() const {
  std::string text;
  for (const CounterInfo& info : kCounters) {
    const uint64_t value = (this->*info.counter).value();
    if (value != 0) absl::StrAppend(&text, text.empty() ? "" : " ", info.name, "=", value);
  }
  return text;
}

}  // namespace sidecar_shim
