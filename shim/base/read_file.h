// Reads whole files without exceptions; safe for directories and endless files.
//
//   absl::StatusOr<std::string> text = ReadFile("/etc/sidecar-shim/config.yaml", 1 << 20);
#ifndef SIDECAR_SHIM_SHIM_BASE_READ_FILE_H_
#define SIDECAR_SHIM_SHIM_BASE_READ_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace sidecar_shim {

// Errors name the path and what is wrong: kNotFound where there is no such
// file, kInvalidArgument for a directory or more than `max_bytes`,
// kUnavailable for everything else.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// What is left to read of an open file; `name` is for the errors.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& name, size_t max_bytes);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_READ_FILE_H_
