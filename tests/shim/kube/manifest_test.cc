#include "shim/kube/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"

namespace sidecar_shim {
namespace {

using testing::HasSubstr;

constexpr char kPod[] = R"(
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
  annotations: {number: "1"}
spec:
  restartPolicy: OnFailure
  unknownField: {a: 1}
  containers:
  - name: main
    image: busybox:1
    command: [sh, -c, "sleep 1"]
    env:
    - {name: A, value: "100"}
    - name: NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    ports: [{containerPort: 80}]
    resources: {limits: {cpu: 1}}
    readinessProbe: {httpGet: {port: http}}
    lifecycle: {postStart: {exec: {command: ["true"]}}}
    volumeMounts: [{name: logs, mountPath: /logs, readOnly: true}]
  volumes:
  - {name: logs, emptyDir: {medium: Memory}}
  - {name: host, hostPath: {path: /tmp, type: Directory}}
  - {name: secret, secret: {secretName: x}}
)";

constexpr char kJob[] = R"(
apiVersion: batch/v1
kind: Job
metadata: {name: job, namespace: batch}
spec:
  template:
    metadata: {name: ignored, labels: {app: x}}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: a}]
)";

std::string Error(const std::string& text) {
  auto manifest = ParseManifest(text);
  return manifest.ok() ? "no error" : std::string(manifest.status().message());
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ManifestTest, Pod) {
  auto manifest = ParseManifest(kPod);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->kind, "Pod");
  const auto& pod = manifest->pod;
  EXPECT_EQ(pod.metadata().name(), "web");
  EXPECT_EQ(pod.metadata().namespace_(), "");
  EXPECT_EQ(pod.metadata().labels().at("app"), "web");
  EXPECT_EQ(pod.spec().restartpolicy(), "OnFailure");
  ASSERT_EQ(pod.spec().containers_size(), 1);
  const auto& container = pod.spec().containers(0);
  EXPECT_EQ(container.env(0).value(), "100");
  EXPECT_TRUE(container.env(1).has_valuefrom());
  EXPECT_TRUE(container.has_readinessprobe());
  EXPECT_TRUE(container.lifecycle().has_poststart());
  EXPECT_FALSE(container.lifecycle().has_prestop());
  EXPECT_TRUE(container.volumemounts(0).readonly());
  ASSERT_EQ(pod.spec().volumes_size(), 3);
  EXPECT_EQ(pod.spec().volumes(0).volumesource().emptydir().medium(), "Memory");
  EXPECT_EQ(pod.spec().volumes(1).volumesource().hostpath().path(), "/tmp");
  EXPECT_FALSE(pod.spec().volumes(2).volumesource().has_emptydir());
  EXPECT_THAT(manifest->pod_json, HasSubstr("\"containerPort\":80"));
}

TEST(ManifestTest, Job) {
  auto manifest = ParseManifest(kJob);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->kind, "Job");
  EXPECT_EQ(manifest->job_name, "job");
  EXPECT_EQ(manifest->pod.metadata().name(), "");
  EXPECT_EQ(manifest->pod.metadata().namespace_(), "batch");
  EXPECT_EQ(manifest->pod.metadata().labels().at("app"), "x");
  EXPECT_EQ(manifest->pod.spec().containers(0).name(), "main");
}

TEST(ManifestTest, JsonWithEscapesYamlCannotRead) {
  auto manifest = ParseManifest(
      "{\"apiVersion\":\"v1\",\t\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"annotations\":{\"x\":"
      "\"\\ud83d\\ude00\"}},"
      "\n\t\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->pod.metadata().annotations().at("x"), "\xF0\x9F\x98\x80");
}

TEST(ManifestTest, EmptyDocumentsAroundThePodDoNotCount) {
  EXPECT_TRUE(ParseManifest(std::string("---\n---") + kPod + "---\n").ok());
}

TEST(ManifestTest, StringsWithoutQuotes) {
  EXPECT_EQ(Error(Replaced(kPod, "value: \"100\"", "value: 100")),
            "spec.containers[0].env[0].value (A) must be a string: write it in quotes, \"100\"");
  EXPECT_THAT(Error(Replaced(kPod, "number: \"1\"", "number: true")),
              HasSubstr("metadata.annotations.number"));
  EXPECT_THAT(Error(Replaced(kPod, "[sh, -c, \"sleep 1\"]", "[sleep, 1]")),
              HasSubstr("spec.containers[0].command[1]"));
}

TEST(ManifestTest, WrongKinds) {
  EXPECT_THAT(Error("apiVersion: apps/v1\nkind: Deployment\nspec: {template: {}}"),
              HasSubstr("give its spec.template"));
  EXPECT_THAT(Error("apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {}}"),
              HasSubstr("spec.jobTemplate as a Job"));
  EXPECT_THAT(Error("apiVersion: v1\nkind: List\nitems: []"), HasSubstr("give one Pod or one Job"));
  EXPECT_THAT(Error("apiVersion: v1\nkind: Service"), HasSubstr("kind Service is not supported"));
  EXPECT_THAT(Error("apiVersion: v1"), HasSubstr("kind is missing"));
  EXPECT_THAT(Error(Replaced(kPod, "v1", "v2")), HasSubstr("apiVersion of a Pod must be v1, not v2"));
  EXPECT_THAT(Error("- a"), HasSubstr("must be a mapping"));
  EXPECT_THAT(Error("# nothing"), HasSubstr("empty"));
  EXPECT_THAT(Error(std::string(kPod) + "---" + kPod), HasSubstr("2 documents"));
}

TEST(ManifestTest, WrongFields) {
  EXPECT_THAT(Error(Replaced(kPod, "  name: web\n", "")), HasSubstr("metadata.name is missing"));
  EXPECT_THAT(Error(Replaced(kPod, "- name: main\n    image", "- image")),
              HasSubstr("spec.containers[0].name is missing"));
  EXPECT_THAT(Error("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}"),
              HasSubstr("spec.containers"));
  EXPECT_THAT(Error("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: "
                    "i}, {name: c, image: i}]}"),
              HasSubstr("another container called c"));
  EXPECT_THAT(Error(Replaced(kPod, "restartPolicy: OnFailure", "hostNetwork: maybe")),
              HasSubstr("spec.host"));
  EXPECT_THAT(Error(Replaced(kPod, "restartPolicy: OnFailure", "restartPolicy: A\n  restartPolicy: B")),
              HasSubstr("duplicate key restartPolicy"));
  EXPECT_THAT(Error(Replaced(kJob, "Never", "Always")), HasSubstr("must be Never or OnFailure"));
  EXPECT_THAT(Error("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {}"),
              HasSubstr("spec.template"));
}

}  // namespace
}  // namespace sidecar_shim
