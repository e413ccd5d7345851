#include "shim/sources/static_pod_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "shim/manifest.h"
#include "tests/fake_runtime/shim_under_test.h"
#include "tests/shim/loop_support.h"

namespace sidecar_shim {
namespace {

class StaticPodSourceTest : public ::testing::Test {
 protected:
  ~StaticPodSourceTest() override { worker_.Stop(); }

  void Write(const std::string& file, const std::string& pod, const std::string& container) {
    std::filesystem::create_directories(dir_.File("manifests"));
    std::ofstream(dir_.File("manifests/" + file)) << "{apiVersion: v1, kind: Pod, metadata: {name: " << pod
                                                  << "}, spec: {containers: [{name: " << container << "}]}}";
  }

  // The name of the first container of that pod.
  absl::StatusOr<std::string> Find(const std::string& pod, const std::string& config_source = "file") {
    std::optional<absl::StatusOr<PodNews>> found;
    testing::TestLoop loop;
    StaticPodSource source(*loop, worker_, dir_.File("manifests"));
    source.Find({{"default", pod, "uid-1"}, {{"kubernetes.io/config.source", config_source}}},
                [&found](const absl::StatusOr<PodNews>& news) { found = news; });
    loop.TurnUntil([&found] { return found.has_value(); });
    if (!found) return absl::DeadlineExceededError("no answer");
    if (!found->ok()) return found->status();
    return (*found)->plan.containers.at(0).name;
  }

  testing::TempDir dir_;
  Worker worker_;
};

TEST_F(StaticPodSourceTest, FindsThePodByItsLongestName) {
  Write("a.yaml", "web", "short");
  Write("b.yaml", "web-api", "long");
  EXPECT_EQ(Find("web-api-node1").value(), "long");
  EXPECT_EQ(Find("web-node1").value(), "short");
  EXPECT_TRUE(absl::IsNotFound(Find("db-node1").status()));
  EXPECT_TRUE(absl::IsNotFound(Find("web-node1", "api").status()));
}

TEST_F(StaticPodSourceTest, NoDirectoryNoPod) { EXPECT_TRUE(absl::IsNotFound(Find("web-node1").status())); }

TEST_F(StaticPodSourceTest, WhatCannotBeReadIsPassedOver) {
  Write("z.yaml", "web", "main");
  Write(".hidden.yaml", "db", "main");
  std::ofstream(dir_.File("manifests/broken.yaml")) << "a: {";
  std::ofstream(dir_.File("manifests/endless.yaml")) << std::string(kLargestManifest + 1, ' ');
  std::filesystem::create_directory(dir_.File("manifests/directory.yaml"));
  // A regular file that opens and cannot be read.
  std::filesystem::create_symlink("/proc/self/mem", dir_.File("manifests/failing.yaml"));
  std::filesystem::create_symlink("nowhere", dir_.File("manifests/dangling.yaml"));
  EXPECT_EQ(Find("web-node1").value(), "main");
  EXPECT_TRUE(absl::IsNotFound(Find("db-node1").status()));
}

}  // namespace
}  // namespace sidecar_shim
