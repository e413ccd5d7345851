// Abbreviated container and sandbox ids, as users of crictl write them.
#include <gtest/gtest.h>

#include "tests/policy/bench.h"

namespace sidecar_shim::policy {
namespace {

ContainerSeen Seen(const Bench& bench, const ContainerId& id, const std::string& name) {
  ContainerSeen seen;
  seen.container = id;
  seen.sandbox = bench.sandbox();
  seen.name = name;
  return seen;
}

TEST(ShortId, OnlyUniquePrefixesAreCompleted) {
  Bench bench({Main("a"), Main("b"), Main("c")}, RestartPolicy::kNever);
  bench.Send(Seen(bench, "ab12", "a"));
  bench.Send(Seen(bench, "ab1299", "b"));
  bench.Send(Seen(bench, "cd34", "c"));
  const Engine& engine = bench.engine();
  EXPECT_EQ(engine.FullContainerId("cd"), "cd34");
  EXPECT_EQ(engine.FullContainerId("ab129"), "ab1299");
  EXPECT_EQ(engine.FullContainerId("ab12"), "ab12") << "an exact id is never a prefix";
  for (const char* unknown : {"", "ab", "ab1", "x", "cd345", "zz", "d34"}) {
    EXPECT_EQ(engine.FullContainerId(ContainerId(unknown)).value(), unknown);
  }
  EXPECT_EQ(engine.FullSandboxId(SandboxId(bench.sandbox().value().substr(0, 1))), bench.sandbox());
  EXPECT_EQ(engine.FullSandboxId("nowhere"), "nowhere");
}

TEST(ShortId, RemovedContainersDoNotMatch) {
  Bench bench({Main("a"), Main("b")}, RestartPolicy::kNever);
  bench.Send(Seen(bench, "ab1", "a"));
  bench.Send(Seen(bench, "ab2", "b"));
  bench.Send(ContainerExited{"ab1", 0, At(1)});
  bench.Send(ContainerGone{"ab1"});
  EXPECT_EQ(bench.engine().FullContainerId("ab"), "ab2");
}

}  // namespace
}  // namespace sidecar_shim::policy
