#include "shim/actuators/sigterm.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "shim/base/read_file.h"

namespace sidecar_shim {
namespace {

constexpr size_t kMaxStatusBytes = 64 << 10;
constexpr uint64_t kTermBit = uint64_t{1} << (SIGTERM - 1);
// runc's own process until it execs the container's program; as a Go program it has handlers for all signals.
constexpr absl::string_view kRuncInitName = "runc:[";

bool HasTerm(absl::string_view mask) {
  uint64_t bits = 0;
  return absl::SimpleHexAtoi(mask, &bits) && (bits & kTermBit) != 0;
}

}  // namespace

bool HandlesSigterm(const std::string& proc_status) {
  bool masks_seen = false;
  bool handles = false;
  for (const absl::string_view line : absl::StrSplit(proc_status, '\n')) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(field.second);
    if (field.first == "Name" && absl::StartsWith(value, kRuncInitName)) return false;
    if (field.first != "SigCgt" && field.first != "SigBlk") continue;
    masks_seen = true;
    handles = handles || HasTerm(value);
  }
  return handles || !masks_seen;
}

bool ProcessHandlesSigterm(int pid) {
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat("/proc/", pid, "/status"), kMaxStatusBytes);
  return !text.ok() || HandlesSigterm(*text);
}

}  // namespace sidecar_shim
