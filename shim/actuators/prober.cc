#include "shim/actuators/prober.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "shim/actuators/container_name.h"
#include "shim/actuators/probe_attempt.h"
#include "shim/base/lifetime.h"
#include "shim/cri/convert.h"

namespace sidecar_shim {
namespace {

using policy::ProbeSpec;

// A container is to be known as ready within 300 ms: the attempt that just
// failed, a pause, the attempt that passes.
constexpr Duration kShortInterval = std::chrono::milliseconds(100);
constexpr Duration kShortIntervalFor = std::chrono::minutes(5);
constexpr Duration kLongInterval = std::chrono::seconds(1);
// A probe's process that runs for long is a load on the node: most of the time
// is left to the pod.
constexpr int kRestPerAttempt = 2;

bool HasUsablePort(const ProbeSpec& stage) {
  return stage.kind == ProbeSpec::Kind::kExec || (stage.port >= 1 && stage.port <= 65535);
}

}  // namespace

struct Prober::Job {
  explicit Job(Loop& loop) : timer(loop) {}
  policy::SandboxId sandbox;
  ContainerName name;
  ProbeTarget target;
  std::deque<ProbeSpec> stages;  // that have not passed; the front one is probed
  int passes = 0;                // in a row
  Time began{};
  Time container_started{};  // on the loop's clock
  std::string last_problem;
  std::unique_ptr<ProbeAttempt> attempt;
  Loop::Timer timer;
  Lifetime lifetime;
};

Prober::Prober(Loop& loop, PolicyDriver& driver, Runtime& runtime, HttpClient& http,
               const NodeAddress& node_address)
    : loop_(loop), driver_(driver), runtime_(runtime), http_(http), node_address_(node_address) {}

Prober::~Prober() = default;

void Prober::Start(const policy::StartProbing& action) {
  auto job = std::make_unique<Job>(loop_);
  job->sandbox = action.sandbox;
  job->name = NameOfContainer(driver_.engine(), action.container);
  job->target.container = action.container;
  if (action.startup) job->stages.push_back(*action.startup);
  if (action.readiness) job->stages.push_back(*action.readiness);
  job->began = loop_.Now();
  if (!std::all_of(job->stages.begin(), job->stages.end(), HasUsablePort)) {
    spdlog::warn("probe has no usable port, left to kubelet: {}", job->name.ToString());
    return;
  }
  Job& started = *(jobs_[action.container] = std::move(job));
  QueryStartTime(started);
}

void Prober::Stop(const policy::StopProbing& action) { jobs_.erase(action.container); }

void Prober::StopAll() { jobs_.clear(); }

void Prober::QueryStartTime(Job& job) {
  // Initial delays count from the container's start, which may be long ago.
  runtime_.ContainerStatus(
      job.target.container, /*verbose=*/false,
      job.lifetime.Guard(
          [this, &job](const grpc::Status& status, const runtime::v1::ContainerStatusResponse& response) {
            job.container_started = StartTime(status, response);
            QueryAddress(job);
          }));
}

Time Prober::StartTime(const grpc::Status& status,
                       const runtime::v1::ContainerStatusResponse& response) const {
  if (!status.ok() || response.status().started_at() <= 0) return loop_.Now();
  const WallTime started{std::chrono::nanoseconds(response.status().started_at())};
  return loop_.Now() - std::max<Duration>(loop_.WallNow() - started, Duration{0});
}

void Prober::QueryAddress(Job& job) {
  runtime_.PodSandboxStatus(
      job.sandbox, job.lifetime.Guard([this, &job](const grpc::Status& status,
                                                   const runtime::v1::PodSandboxStatusResponse& response) {
        if (!status.ok()) {
          // Without the pod's own address the node's would be probed.
          job.timer.Start(loop_.Now() + kLongInterval, [this, &job] { QueryAddress(job); });
          return;
        }
        job.target.pod_address = node_address_.OfPod(response.status().network().ip());
        Schedule(job, loop_.Now());
      }));
}

void Prober::Schedule(Job& job, Time at) {
  const Time earliest = job.container_started + job.stages.front().initial_delay;
  job.timer.Start(std::max(at, earliest), [this, &job] { Attempt(job); });
}

void Prober::Attempt(Job& job) {
  job.attempt = BeginProbe(
      loop_, runtime_, http_, job.stages.front(), job.target,
      [this, &job, began = loop_.Now()](const absl::Status& status) { OnAttemptEnd(job, began, status); });
}

void Prober::OnAttemptEnd(Job& job, Time began, const absl::Status& status) {
  const Time now = loop_.Now();
  if (status.ok()) {
    OnPass(job);
    return;
  }
  job.passes = 0;
  if (std::string problem(status.message()); problem != job.last_problem) {
    spdlog::debug("container is not ready: {} problem={}", job.name.ToString(), problem);
    job.last_problem = std::move(problem);
  }
  Duration pause = now - job.began < kShortIntervalFor ? kShortInterval : kLongInterval;
  const ProbeSpec& stage = job.stages.front();
  if (stage.kind == ProbeSpec::Kind::kExec) {
    // Processes are what loads a node: however many pods are probed by them, all
    // their attempts together leave it most of the time. But none is probed more
    // rarely than kubelet does.
    const Duration rest = std::min<Duration>(kRestPerAttempt * ExecJobs() * (now - began), stage.period);
    pause = std::max(pause, rest);
  }
  Schedule(job, now + pause);
}

int64_t Prober::ExecJobs() const {
  return std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
    return entry.second->stages.front().kind == ProbeSpec::Kind::kExec;
  });
}

void Prober::OnPass(Job& job) {
  const ProbeSpec& stage = job.stages.front();
  if (++job.passes < stage.success_threshold) {
    // A successThreshold above 1 requires that the container stays ready: the
    // passes are a period apart.
    Schedule(job, loop_.Now() + stage.period);
    return;
  }
  job.passes = 0;
  job.stages.pop_front();
  if (!job.stages.empty()) {
    Schedule(job, loop_.Now());
    return;
  }
  spdlog::debug("container is ready by the shim's own probe: {}", job.name.ToString());
  const policy::ContainerId container = job.target.container;
  jobs_.erase(container);
  driver_.Post(policy::ContainerReady{container});
}

void Prober::OnExec(const policy::ContainerId& container, const std::vector<std::string>& command,
                    bool passed) {
  auto it = jobs_.find(container);
  if (it == jobs_.end() || !passed) return;
  Job& job = *it->second;
  const ProbeSpec& stage = job.stages.front();
  // Before the initial delay is over it is another probe, such as the liveness
  // probe.
  if (job.target.pod_address.empty() || loop_.Now() < job.container_started + stage.initial_delay) return;
  // With a higher successThreshold, a pass between the shim's own would count at
  // the wrong time.
  if (stage.kind == ProbeSpec::Kind::kExec && stage.command == command && stage.success_threshold == 1) {
    job.attempt.reset();
    OnPass(job);
  }
}

}  // namespace sidecar_shim
