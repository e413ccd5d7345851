#include "policy/priority.h"

#include "absl/strings/numbers.h"

namespace sidecar_shim::policy {
namespace {

constexpr int64_t kLimit = 2147483647;

bool IsDecimal(absl::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

}  // namespace

Priority ParsePriority(absl::string_view value) {
  int64_t number = 0;
  // SimpleAtoi alone would accept surrounding blanks, which Atoi does not.
  if (IsDecimal(value) && absl::SimpleAtoi(value, &number) && number >= -kLimit && number <= kLimit) {
    return Priority{Priority::Kind::kValue, number, {}};
  }
  return Priority{Priority::Kind::kInvalid, 0, std::string(value)};
}

bool IsOrdered(const Annotations& pod_annotations) {
  auto it = pod_annotations.find(std::string(kOrderedAnnotation));
  return it != pod_annotations.end() && it->second == "Ordered";
}

}  // namespace sidecar_shim::policy
