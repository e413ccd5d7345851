#include "tests/policy/bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sidecar_shim::policy {
namespace {

uint64_t invariant_checks = 0;

// Prints at the end how often the invariants have been checked.
class ReportChecks : public testing::Environment {
 public:
  void TearDown() override { std::cout << "invariants checked after " << invariant_checks << " events\n"; }
};
[[maybe_unused]] const testing::Environment* const report_checks =
    testing::AddGlobalTestEnvironment(new ReportChecks);

const std::map<absl::string_view, Note::Kind> kNotes = {
    {"refused", Note::Kind::kRefused},       {"inversion", Note::Kind::kInversion},
    {"timeout", Note::Kind::kLaunchTimeout}, {"ahead", Note::Kind::kLaunchAhead},
    {"complete", Note::Kind::kPodComplete},  {"sidecarstop", Note::Kind::kSidecarStop},
    {"badvalue", Note::Kind::kBadValue},
};

}  // namespace

ContainerSpec Main(const std::string& name, std::optional<int64_t> priority) {
  ContainerSpec container;
  container.name = name;
  container.post_start = TriState::kNo;
  if (priority) container.traits.priority = Priority{Priority::Kind::kValue, *priority, {}};
  return container;
}

ContainerSpec Sidecar(const std::string& name, std::optional<int64_t> priority) {
  ContainerSpec container = Main(name, priority);
  container.traits.sidecar = true;
  return container;
}

ContainerSpec WithPriorityEnv(const std::string& name, absl::string_view value) {
  ContainerSpec container = Main(name);
  container.traits.priority = ParsePriority(value);
  return container;
}

Bench::Bench(std::vector<ContainerSpec> containers, RestartPolicy policy, Annotations annotations,
             Options options)
    : Bench(std::move(containers), std::move(annotations), false, policy, options) {}

Bench Bench::WithoutSpec(std::vector<ContainerSpec> containers, bool job_labels, Options options) {
  return Bench(std::move(containers), {}, job_labels, std::nullopt, options);
}

Bench::Bench(std::vector<ContainerSpec> containers, Annotations annotations, bool job_labels,
             std::optional<RestartPolicy> policy, Options options)
    : options_(options),
      engine_(options),
      annotations_(std::move(annotations)),
      job_labels_(job_labels),
      containers_(std::move(containers)) {
  if (policy) spec_ = PodSpec{"test", containers_, *policy};
  ReportAll();
}

void Bench::ReportAll() {
  Send(SandboxSeen{pod_, sandbox_, annotations_, job_labels_, true});
  if (spec_) Send(SpecReceived{pod_, *spec_});
  for (const RuntimeContainer& container : runtime_) {
    if (container.sandbox == sandbox_) Send(Describe(container, /*found=*/true));
  }
}

void Bench::ReportWithoutSpec() {
  spec_.reset();
  ReportAll();
  for (const auto& [name, stamp] : stamps_) {
    if (!stamp || !stamp->spec) continue;
    PodSpec spec = *stamp->spec;
    spec.source = std::string(kStampSource);
    Send(SpecReceived{pod_, std::move(spec)});
  }
}

Actions Bench::Send(const Event& event) {
  Actions actions = engine_.OnEvent(event, now_);
  EXPECT_EQ(engine_.CheckInvariants(), "");
  ++invariant_checks;
  for (const ForwardStart& action : Only<ForwardStart>(actions)) answered_starts_.push_back(action.call);
  for (const AnswerStart& action : Only<AnswerStart>(actions)) answered_starts_.push_back(action.call);
  for (const FailStart& action : Only<FailStart>(actions)) failed_starts_.push_back(action.call);
  for (const Launch& action : Only<Launch>(actions)) {
    launches_.push_back(action.name);
    stamps_[action.name] = action.stamp;
  }
  for (const RefuseCreate& action : Only<RefuseCreate>(actions)) refusal_ = action.message;
  for (const Note& note : Only<Note>(actions)) notes_.push_back(note);
  for (const StopProbing& action : Only<StopProbing>(actions))
    EXPECT_EQ(probing_.erase(action.container), 1u);
  for (const StartProbing& action : Only<StartProbing>(actions)) {
    EXPECT_TRUE(probing_.insert(action.container).second) << action.container.value() << " is probed twice";
  }
  for (const StopSidecar& action : Only<StopSidecar>(actions)) {
    const ContainerRecord* record = engine_.FindContainer(action.container);
    stops_.push_back(record == nullptr ? action.container.value() : record->name);
    graces_[action.container] = action.grace;
  }
  return actions;
}

void Bench::Pass(Duration duration) {
  const Time target = now_ + duration;
  for (int ticks = 0; engine_.NextWakeup() && *engine_.NextWakeup() <= target; ++ticks) {
    ASSERT_LT(ticks, 1000) << "the engine always returns another wakeup";
    now_ = std::max(now_, *engine_.NextWakeup());
    Send(Tick{});
  }
  now_ = target;
}

Traits Bench::TraitsOf(const std::string& name) const {
  for (const ContainerSpec& container : containers_) {
    if (container.name == name) return container.traits;
  }
  return {};
}

RuntimeContainer& Bench::Container(const std::string& name) {
  for (auto it = runtime_.rbegin(); it != runtime_.rend(); ++it) {
    if (it->name == name) return *it;
  }
  ADD_FAILURE() << "no container " << name << " in the runtime";
  static RuntimeContainer none;
  return none;
}

ContainerSeen Bench::Describe(const RuntimeContainer& container, bool found) const {
  return ContainerSeen{
      container.id,
      container.sandbox,
      container.name,
      container.attempt,
      TraitsOf(container.name),
      grace_seconds_,
      pre_stop_.contains(container.name),
      container.by_shim,
      found,
      container.state,
      container.started,
      container.exit_code,
      container.finished_at,
      container.finished_at != kNoTime ? Duration(RuntimeNow() - container.finished_at) : Duration{0}};
}

RuntimeContainer& Bench::Add(const std::string& name, uint32_t attempt, bool by_shim) {
  RuntimeContainer container;
  container.id = ContainerId(absl::StrCat(name, "-", attempt, "-", sandbox_.value()));
  container.sandbox = sandbox_;
  container.name = name;
  container.attempt = attempt;
  container.by_shim = by_shim;
  runtime_.push_back(container);
  Send(Describe(container, /*found=*/false));
  return runtime_.back();
}

Actions Bench::Create(const std::string& name, uint32_t attempt) {
  return Send(CreateRequested{next_call_++, sandbox_, name, attempt, TraitsOf(name), annotations_});
}

void Bench::CreateAndMaybeStart(const std::string& name, bool start) {
  uint32_t attempt = 0;
  for (const RuntimeContainer& container : runtime_) {
    if (container.name == name && container.state != RunState::kRunning) attempt = container.attempt + 1;
  }
  const Actions actions = Create(name, attempt);
  if (Only<AnswerCreate>(actions).empty()) {
    ASSERT_EQ(Only<AdmitCreate>(actions).size(), 1u) << refusal_;
    stamps_[name] = Only<AdmitCreate>(actions)[0].stamp;
    Add(name, attempt, /*by_shim=*/false);
  }
  if (start) Start(name);
}

void Bench::Start(const std::string& name) {
  RuntimeContainer& container = Container(name);
  const CallId call = next_call_++;
  Send(StartRequested{call, container.id, now_ + std::chrono::minutes(2)});
  ASSERT_TRUE(std::count(answered_starts_.begin(), answered_starts_.end(), call) == 1);
  container.state = RunState::kRunning;
  container.started = true;
  Send(ContainerStarted{container.id});
}

void Bench::Launched(const std::string& name) {
  auto it = std::find(launches_.begin(), launches_.end(), name);
  ASSERT_TRUE(it != launches_.end()) << "no launch of " << name << " was requested";
  launches_.erase(it);
  RuntimeContainer& container = Add(name, 0, /*by_shim=*/true);
  container.state = RunState::kRunning;
  container.started = true;
  Send(ContainerStarted{container.id});
}

void Bench::Ended(const std::string& name, int32_t code) {
  RuntimeContainer& container = Container(name);
  container.state = RunState::kExited;
  container.exit_code = code;
  container.finished_at = RuntimeNow();
  Send(ContainerExited{container.id, code, container.finished_at});
}

void Bench::ExpectStops(absl::string_view names) {
  std::vector<std::string> expected;
  if (!names.empty()) expected = absl::StrSplit(names, ',');
  std::sort(expected.begin(), expected.end());
  std::sort(stops_.begin(), stops_.end());
  EXPECT_EQ(absl::StrJoin(stops_, ","), absl::StrJoin(expected, ","));
  stops_.clear();
}

void Bench::ReplaceSandbox() {
  Send(SandboxStopping{sandbox_});
  for (RuntimeContainer& container : runtime_) {
    if (container.sandbox != sandbox_ || container.state != RunState::kRunning) continue;
    container.state = RunState::kExited;
    container.exit_code = 137;
    container.finished_at = RuntimeNow();
    Send(ContainerExited{container.id, 137, container.finished_at});
  }
  launches_.clear();
  sandbox_ = SandboxId(absl::StrCat("sandbox-", sandboxes_++));
  Send(SandboxSeen{pod_, sandbox_, annotations_, job_labels_, true});
}

void Bench::Run(absl::string_view script) {
  for (absl::string_view word : absl::StrSplit(script, ' ', absl::SkipEmpty())) {
    SCOPED_TRACE(absl::StrCat("at \"", word, "\" in \"", script, "\""));
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(word, absl::MaxSplits(':', 1));
    Step(parts.first, parts.second);
    if (testing::Test::HasFatalFailure()) return;
  }
}

void Bench::Step(absl::string_view subject, absl::string_view verb) {
  const std::string name(subject);
  auto expect_answer_in = [&](std::vector<CallId>& calls) {
    auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& h) { return h.first == name; });
    ASSERT_TRUE(held != held_.end());
    EXPECT_EQ(std::count(calls.begin(), calls.end(), held->second), 1);
    held_.erase(held);
  };
  if (subject[0] == '+') {
    std::optional<Duration> duration = ParseDuration(subject.substr(1));
    ASSERT_TRUE(duration.has_value());
    Pass(*duration);
  } else if (subject == "idle") {
    EXPECT_EQ(absl::StrJoin(launches_, ","), "");
    ExpectStops("");
  } else if (subject == "nostop") {
    ExpectStops("");
  } else if (subject == "stop") {
    ExpectStops(verb);
  } else if (subject == "probe") {
    std::set<std::string> names;
    for (const RuntimeContainer& container : runtime_) {
      if (probing_.contains(container.id)) names.insert(container.name);
    }
    EXPECT_EQ(absl::StrJoin(names, ","), verb);
  } else if (subject == "launch") {
    Launched(std::string(verb));
  } else if (subject == "newshim") {
    engine_ = Engine(options_);
    launches_.clear();
    probing_.clear();
    if (verb == "nospec") {
      ReportWithoutSpec();
    } else {
      ReportAll();
    }
  } else if (subject == "newsandbox") {
    ReplaceSandbox();
  } else if (subject == "masked" || subject == "plain") {
    const RuntimeContainer& container = Container(std::string(verb));
    EXPECT_EQ(engine_.IsMasked(container.id, container.finished_at, now_), subject == "masked");
  } else if (subject == "note") {
    const Note::Kind kind = kNotes.at(verb);
    auto is_kind = [kind](const Note& note) { return note.kind == kind; };
    EXPECT_TRUE(std::any_of(notes_.begin(), notes_.end(), is_kind));
  } else if (subject == "deleted") {
    Send(PodTerminating{pod_});
  } else if (subject == "stopfails") {
    Send(SidecarStopEnded{Container(std::string(verb)).id, false, false});
  } else if (subject == "ended") {
    const std::pair<std::string, std::string> parts = absl::StrSplit(verb, '=');
    int32_t code = 0;
    ASSERT_TRUE(absl::SimpleAtoi(parts.second, &code));
    Ended(parts.first, code);
    Send(SidecarStopEnded{Container(parts.first).id, true, true});
  } else if (verb == "refused") {
    ASSERT_EQ(Only<RefuseCreate>(Create(name)).size(), 1u);
  } else if (verb == "runs") {
    CreateAndMaybeStart(name, /*start=*/true);
  } else if (verb == "created") {
    CreateAndMaybeStart(name, /*start=*/false);
  } else if (verb == "ready") {
    Send(ContainerReady{Container(name).id});
  } else if (verb == "kubelet-ready") {
    Send(ContainerReady{Container(name).id, /*by_kubelet=*/true});
  } else if (verb == "stopped-by-caller") {
    Send(ExternalStopStarted{Container(name).id});
  } else if (verb == "stop-cancelled") {
    Send(ExternalStopEnded{Container(name).id, /*ok=*/false});
  } else if (verb == "hooked") {
    Send(PostStartReturned{Container(name).id});
  } else if (verb == "starts") {
    Start(name);
  } else if (verb == "held") {
    const CallId call = next_call_++;
    held_.emplace_back(name, call);
    const Actions actions = Send(StartRequested{call, Container(name).id, now_ + std::chrono::minutes(2)});
    EXPECT_TRUE(Only<ForwardStart>(actions).empty() && Only<AnswerStart>(actions).empty() &&
                Only<FailStart>(actions).empty());
  } else if (verb == "answered") {
    expect_answer_in(answered_starts_);
  } else if (verb == "failed") {
    expect_answer_in(failed_starts_);
  } else if (verb == "crash") {
    Send(ExternalStopStarted{Container(name).id});
    Ended(name, 1);
  } else if (verb == "gone") {
    Send(ContainerGone{Container(name).id});
  } else if (verb.substr(0, 9) == "recorded=") {
    RuntimeContainer& container = Container(name);
    ASSERT_TRUE(absl::SimpleAtoi(verb.substr(9), &container.exit_code));
    container.finished_at = RuntimeNow();
    Send(ContainerExited{container.id, container.exit_code, container.finished_at, /*recorded=*/true});
  } else if (verb.substr(0, 5) == "exit=") {
    int32_t code = 0;
    ASSERT_TRUE(absl::SimpleAtoi(verb.substr(5), &code));
    Ended(name, code);
  } else {
    FAIL() << "unknown word";
  }
}

}  // namespace sidecar_shim::policy
