#include "shim/run/timeline_format.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace sidecar_shim::run {

std::string ExitText(const Attempt& attempt) {
  if (!attempt.exited) return "-";
  if (attempt.exit_code == attempt.reported) return absl::StrCat(attempt.exit_code);
  return absl::StrCat(attempt.exit_code, " -> ", attempt.reported);
}

std::string Shortened(const std::string& name, size_t width, absl::string_view mark) {
  return name.size() <= width ? name : absl::StrCat(name.substr(0, width - 1), mark);
}

double AxisStep(double span, int max_marks) {
  double power = std::pow(10, std::floor(std::log10(std::max(span, 1e-6) / max_marks)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= max_marks) return factor * power;
  }
  return 10 * power;
}

}  // namespace sidecar_shim::run
