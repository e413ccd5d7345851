// What kubelet reads from the name of an image.
#ifndef SIDECAR_SHIM_SHIM_RUN_IMAGE_NAME_H_
#define SIDECAR_SHIM_SHIM_RUN_IMAGE_NAME_H_

#include <string>

namespace sidecar_shim::run {

// The API server's default for imagePullPolicy: Always where the image has the tag "latest" or neither tag
// nor digest, otherwise IfNotPresent.
std::string DefaultPullPolicy(const std::string& image);

// The name as it goes to the runtime: with ":latest" where it has neither tag nor digest.
std::string WithDefaultTag(const std::string& image);

}  // namespace sidecar_shim::run

#endif  // SIDECAR_SHIM_SHIM_RUN_IMAGE_NAME_H_
