// A plan out of a core/v1 Pod.
#ifndef SIDECAR_SHIM_SHIM_SOURCES_PLAN_FROM_POD_H_
#define SIDECAR_SHIM_SHIM_SOURCES_PLAN_FROM_POD_H_

#include <string>

#include "kube.pb.h"
#include "policy/plan.h"

namespace sidecar_shim {

policy::PodPlan PlanFromPod(const k8s::io::api::core::v1::Pod& pod, const std::string& source);

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_SOURCES_PLAN_FROM_POD_H_
