#include "shim/run/admission.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "shim/run/image_name.h"

namespace sidecar_shim::run {
namespace {

std::string RandomUid(std::random_device& random) {
  uint32_t a = random(), b = random(), c = random(), d = random();
  b = (b & 0xffff0fff) | 0x4000;      // version 4
  c = (c & 0x3fffffff) | 0x80000000;  // RFC 4122 variant
  return absl::StrFormat("%08x-%04x-%04x-%04x-%04x%08x", a, b >> 16, b & 0xffff, c >> 16, c & 0xffff, d);
}

void SetDefault(std::string* field, absl::string_view value) {
  if (field->empty()) *field = std::string(value);
}

void AdmitContainer(core::Container& container) {
  SetDefault(container.mutable_imagepullpolicy(), DefaultPullPolicy(container.image()));
  SetDefault(container.mutable_terminationmessagepath(), "/dev/termination-log");
  SetDefault(container.mutable_terminationmessagepolicy(), "File");
}

void AdmitJobPod(const Manifest& manifest, const Identity& identity, core::Pod& pod) {
  const std::string& job_uid = manifest.job_uid.empty() ? identity.job_uid : manifest.job_uid;
  auto& labels = *pod.mutable_metadata()->mutable_labels();
  for (const char* key : {"batch.kubernetes.io/job-name", "job-name"}) labels[key] = manifest.job_name;
  for (const char* key : {"batch.kubernetes.io/controller-uid", "controller-uid"}) labels[key] = job_uid;
  core::OwnerReference& owner = *pod.mutable_metadata()->add_ownerreferences();
  owner.set_apiversion("batch/v1");
  owner.set_kind("Job");
  owner.set_name(manifest.job_name);
  owner.set_uid(job_uid);
  pod.mutable_metadata()->set_generatename(absl::StrCat(manifest.job_name, "-"));
}

}  // namespace

Identity NewIdentity() {
  std::random_device random;
  // The alphabet of k8s.io/apimachinery's rand.String, without vowels.
  constexpr absl::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  for (int i = 0; i < 5; ++i) suffix.push_back(kLetters[random() % kLetters.size()]);
  return Identity{RandomUid(random), RandomUid(random), suffix, absl::Now()};
}

core::Pod Admit(const Manifest& manifest, const Identity& identity) {
  core::Pod pod = manifest.pod;
  core::ObjectMeta& metadata = *pod.mutable_metadata();
  if (manifest.kind == "Job") AdmitJobPod(manifest, identity, pod);
  SetDefault(metadata.mutable_namespace_(), "default");
  SetDefault(metadata.mutable_uid(), identity.pod_uid);
  if (metadata.name().empty()) metadata.set_name(absl::StrCat(metadata.generatename(), identity.suffix));
  auto& annotations = *metadata.mutable_annotations();
  annotations["kubernetes.io/config.source"] = "api";
  annotations["kubernetes.io/config.seen"] =
      absl::FormatTime(absl::RFC3339_full, identity.seen, absl::UTCTimeZone());
  core::PodSpec& spec = *pod.mutable_spec();
  SetDefault(spec.mutable_restartpolicy(), "Always");
  if (!spec.has_terminationgraceperiodseconds()) spec.set_terminationgraceperiodseconds(30);
  for (core::Container& container : *spec.mutable_initcontainers()) AdmitContainer(container);
  for (core::Container& container : *spec.mutable_containers()) AdmitContainer(container);
  return pod;
}

}  // namespace sidecar_shim::run
