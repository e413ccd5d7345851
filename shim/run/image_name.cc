#include "shim/run/image_name.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sidecar_shim::run {
namespace {

// ":1.2" or "@sha256:..."; "" where there is neither.
absl::string_view TagOrDigest(absl::string_view image) {
  // A colon before the last slash belongs to the registry's port.
  image.remove_prefix(image.rfind('/') + 1);
  const size_t begin = std::min(image.find('@'), image.find(':'));
  return begin == absl::string_view::npos ? absl::string_view() : image.substr(begin);
}

}  // namespace

std::string DefaultPullPolicy(const std::string& image) {
  const absl::string_view tag = TagOrDigest(image);
  return tag.empty() || tag == ":latest" ? "Always" : "IfNotPresent";
}

std::string WithDefaultTag(const std::string& image) {
  return TagOrDigest(image).empty() ? absl::StrCat(image, ":latest") : image;
}

}  // namespace sidecar_shim::run
