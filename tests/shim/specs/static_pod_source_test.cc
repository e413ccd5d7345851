#include "shim/specs/static_pod_source.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "shim/kube/manifest.h"
#include "shim/specs/manifest_cache.h"
#include "tests/support/source_support.h"

namespace sidecar_shim::testing {
namespace {

namespace fs = std::filesystem;

class StaticPodSourceTest : public SourceTest {
 protected:
  StaticPodSourceTest() { fs::create_directory(dir_.File("manifests")); }

  void Watch(const std::string& path) {
    Run([&] {
      return std::make_unique<StaticPodSource>(loop_.loop(), worker_, counters_,
                                               std::vector<std::string>{dir_.File(path)});
    });
  }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(dir_.File("manifests/" + file)) << text;
  }
  void WritePod(const std::string& file, const std::string& metadata, const std::string& container) {
    Write(file, "{apiVersion: v1, kind: Pod, metadata: {" + metadata +
                    "}, spec: {containers: [{name: " + container + "}]}}");
  }

  // The name of the pod's first container.
  std::string Find(const std::string& pod, const std::string& config_source = "file") {
    return Query(PodQuery{{"default", pod, "uid-1"}, {{"kubernetes.io/config.source", config_source}}});
  }
};

TEST_F(StaticPodSourceTest, LongestManifestNameHasPrecedence) {
  WritePod("a.yaml", "name: web", "short");
  WritePod("b.yaml", "name: web-api", "long");
  Watch("manifests");
  EXPECT_EQ(Find("web-api-node1"), "long");
  EXPECT_EQ(Find("web-node1"), "short");
  EXPECT_EQ(Find("db-node1"), "unknown");
  EXPECT_EQ(Find("web-node1", "api"), "unknown");
}

TEST_F(StaticPodSourceTest, HostNameHasPrecedenceOverTheLongestName) {
  WritePod("a.yaml", "name: log", "right");
  WritePod("b.yaml", "name: log-worker", "wrong");
  ManifestCache cache({dir_.File("manifests")}, "", "worker-2");
  EXPECT_TRUE(cache.Refresh().empty());
  auto find = [&cache](const std::string& pod) { return Brief(cache.Find({"default", pod, "uid"}, "x")); };
  EXPECT_EQ(find("log-worker-2"), "right");
  EXPECT_EQ(find("log-worker-worker-2"), "wrong");
  EXPECT_EQ(find("log-worker-3"), "wrong") << "the node's name is not the host's";
}

TEST_F(StaticPodSourceTest, ReadsManifestsLikeKubelet) {
  Write("a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, deletionGracePeriodSeconds: 30}\nx-common: &common "
        "{image: busybox}\n"
        "spec: {containers: [{name: main, <<: *common}]}\n---\nkind: Service\n");
  Watch("manifests");
  EXPECT_EQ(Find("web-node1"), "main") << "deletionGracePeriodSeconds in a manifest has no effect";
  EXPECT_EQ(Count(&Counters::malformed_manifests), 0u);
}

TEST_F(StaticPodSourceTest, PodWithAnotherUidIsUnknown) {
  WritePod("a.yaml", "name: web, uid: uid-0", "main");
  WritePod("b.yaml", "name: db, uid: uid-1", "main");
  Watch("manifests");
  EXPECT_EQ(Find("web-node1"), "unknown");
  EXPECT_EQ(Find("db-node1"), "main");
}

TEST_F(StaticPodSourceTest, ChangedManifestIsReadAgain) {
  Watch("manifests");
  EXPECT_EQ(Find("web-node1"), "unknown");
  for (const char* container : {"one", "two", "six"}) {
    // Same size, and possibly the same timestamp.
    WritePod("web.yaml", "name: web", container);
    EXPECT_EQ(Find("web-node1"), container);
  }
  fs::rename(dir_.File("manifests/web.yaml"), dir_.File("manifests/.web.yaml"));
  EXPECT_EQ(Find("web-node1"), "unknown");
}

TEST_F(StaticPodSourceTest, PathMayAppearLaterAndBeAFile) {
  Watch("later");
  EXPECT_EQ(Find("web-node1"), "unknown");
  WritePod("web.yaml", "name: web", "main");
  fs::rename(dir_.File("manifests/web.yaml"), dir_.File("later"));
  EXPECT_EQ(Find("web-node1"), "main");
}

TEST_F(StaticPodSourceTest, UnreadableFilesAreIgnoredAndCounted) {
  WritePod("z.yaml", "name: web", "main");
  WritePod(".hidden.yaml", "name: db", "main");
  Write("broken.yaml", "a: {");
  Write("endless.yaml", std::string(kLargestManifest + 1, ' '));
  fs::create_directory(dir_.File("manifests/directory.yaml"));
  // A regular file that can be opened but not read.
  fs::create_symlink("/proc/self/mem", dir_.File("manifests/failing.yaml"));
  fs::create_symlink("nowhere", dir_.File("manifests/dangling.yaml"));
  Watch("manifests");
  EXPECT_EQ(Find("web-node1"), "main");
  EXPECT_EQ(Find("db-node1"), "unknown");
  EXPECT_EQ(Count(&Counters::malformed_manifests), 3u);
}

TEST_F(StaticPodSourceTest, ErrorsAreReportedWithoutAQuery) {
  Watch("manifests");
  Write("broken.yaml", "a: {");
  EXPECT_TRUE(Eventually([this] { return Count(&Counters::malformed_manifests) > 0; }));
  const uint64_t before = Count(&Counters::malformed_manifests);
  Write("broken.yaml", "b: [");
  EXPECT_TRUE(Eventually([&] { return Count(&Counters::malformed_manifests) > before; }));
}

}  // namespace
}  // namespace sidecar_shim::testing
