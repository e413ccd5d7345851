// Pods of which a source gives only container names: the first containers wait until
// the envs of all have arrived with their CreateContainer requests.
#include "policy/settings.h"
#include "tests/policy/scenario.h"

namespace sidecar_shim::policy {
namespace {

// A bench whose spec source gives container names only.
class LearningBench : public Bench {
 public:
  explicit LearningBench(std::vector<ContainerSpec> containers, Annotations annotations = {})
      : Bench(containers, kUnknown, std::move(annotations)) {
    PodSpec spec;
    spec.source = "podresources";
    spec.names_only = true;
    for (const ContainerSpec& container : containers) spec.containers.emplace_back().name = container.name;
    Send(SpecReceived{pod(), spec});
  }
};

const Annotations kIntent = {{std::string(kLaunchGateAnnotation), "running"}};

TEST(Learning, Scenarios) {
  const struct {
    const char* what;
    std::vector<ContainerSpec> containers;
    Annotations annotations;
    const char* script;
  } kScenarios[] = {
      {"an annotation shows that the pod is managed",
       {Main("a"), Main("b", 10)},
       kIntent,
       "a:refused b:runs a:runs"},
      {"the first container's env shows it",
       {Main("b", 10), Main("a")},
       {},
       "b:refused a:refused b:runs a:runs"},
      {"three levels",
       {Main("c", 1), Main("a"), Main("b", 10)},
       {},
       "c:refused a:refused b:runs c:runs a:runs"},
      {"a pod without envs and annotations", {Main("a"), Main("b")}, {}, "a:runs b:runs"},
      {"a priority that arrives too late is noted as an inversion",
       {Main("a"), Main("b", 10)},
       {},
       "a:runs b:runs note:inversion"},
      {"a container whose image is missing is not created",
       {Main("b", 10), Main("a"), Main("z")},
       {},
       "b:refused a:refused b:refused b:runs a:runs"},
      {"kubelet creates a native sidecar alone",
       {Main("native"), Main("a"), Main("b", 10)},
       kIntent,
       "native:refused native:runs b:refused a:refused b:runs a:runs"},
      {"kubelet creates a native sidecar alone, then main before its sidecar",
       {Main("native"), Main("a"), Main("b", 10)},
       kIntent,
       "native:refused native:runs a:refused b:runs a:runs"},
      {"Ordered needs only the names",
       {Main("a"), Main("b")},
       {{std::string(kOrderedAnnotation), "Ordered"}},
       "b:refused a:runs b:runs"},
      {"equal priorities", {Main("a", 5), Main("b", 5)}, {}, "a:refused b:runs a:runs"},
      {"one container", {Main("a", 5)}, kIntent, "a:runs"},
  };
  for (const auto& scenario : kScenarios) {
    SCOPED_TRACE(scenario.what);
    LearningBench bench(scenario.containers, scenario.annotations);
    bench.Run(scenario.script);
  }
}

TEST(Learning, RefusalMakesKubeletRetrySoon) {
  LearningBench bench({Main("b", 10), Main("a")});
  bench.Run("b:refused");
  EXPECT_THAT(bench.refusal(), testing::HasSubstr("\"a\" (to learn its priority)"));
  EXPECT_THAT(bench.refusal(), testing::EndsWith("; network is not ready"));
}

TEST(Learning, SpecOfNamesOnlyIsNotStamped) {
  LearningBench bench({Main("b", 10), Main("a", 10)});
  bench.Run("b:refused");
  const std::vector<AdmitCreate> admitted = Only<AdmitCreate>(bench.Create("a"));
  ASSERT_EQ(admitted.size(), 1u);
  ASSERT_TRUE(admitted[0].stamp.has_value());
  EXPECT_FALSE(admitted[0].stamp->spec.has_value());
}

}  // namespace
}  // namespace sidecar_shim::policy
