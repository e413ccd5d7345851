#include "shim/run/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "shim/run/image_name.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(ImageNameTest, PullPolicyByTag) {
  EXPECT_EQ(DefaultPullPolicy("busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("busybox:latest"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox:1"), "IfNotPresent");
  EXPECT_EQ(DefaultPullPolicy("busybox@sha256:00"), "IfNotPresent");
}

TEST(ImageNameTest, DefaultTag) {
  EXPECT_EQ(WithDefaultTag("busybox"), "busybox:latest");
  EXPECT_EQ(WithDefaultTag("host:5000/busybox"), "host:5000/busybox:latest");
  for (const char* image : {"busybox:1", "host:5000/busybox:1", "busybox@sha256:00"}) {
    EXPECT_EQ(WithDefaultTag(image), image);
  }
}

TEST(AdmissionTest, JobPod) {
  auto manifest = ParseManifest(
      "{apiVersion: batch/v1, kind: Job, metadata: {name: job}, spec: {template: {spec: {restartPolicy: "
      "Never, "
      "containers: [{name: a, image: i}]}}}}");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  core::Pod pod = Admit(*manifest, TestIdentity());
  EXPECT_EQ(pod.metadata().name(), "job-abcde");
  EXPECT_EQ(pod.metadata().namespace_(), "default");
  EXPECT_EQ(pod.metadata().uid(), "pod-uid");
  std::map<std::string, std::string> labels(pod.metadata().labels().begin(), pod.metadata().labels().end());
  EXPECT_THAT(labels,
              UnorderedElementsAre(Pair("job-name", "job"), Pair("batch.kubernetes.io/job-name", "job"),
                                   Pair("controller-uid", "job-uid"),
                                   Pair("batch.kubernetes.io/controller-uid", "job-uid")));
  EXPECT_EQ(pod.metadata().ownerreferences(0).kind(), "Job");
  EXPECT_EQ(pod.spec().terminationgraceperiodseconds(), 30);
}

TEST(AdmissionTest, IdentitiesAreUuids) {
  Identity a = NewIdentity(), b = NewIdentity();
  EXPECT_NE(a.pod_uid, b.pod_uid);
  EXPECT_THAT(a.pod_uid,
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace sidecar_shim::run
