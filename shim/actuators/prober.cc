#include "shim/actuators/prober.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "shim/actuators/probe_attempt.h"

namespace sidecar_shim {
namespace {

using policy::ProbeSpec;

// A readiness is to be known within 300 ms: a pause, the try before, the try.
constexpr Duration kQuick = std::chrono::milliseconds(100);
constexpr Duration kQuickFor = std::chrono::minutes(5);
constexpr Duration kSlow = std::chrono::seconds(1);
// A process that takes long is a burden: most of the time is left to the pod.
constexpr int kRestPerTry = 2;

}  // namespace

struct Prober::Job {
  explicit Job(Loop& loop) : timer(loop) {}
  policy::SandboxId sandbox;
  std::string name;
  ProbeTarget target;
  std::deque<ProbeSpec> stages;  // that have not passed; the front one is under way
  int passes = 0;
  Time began{};
  Time container_started{};  // on the loop's clock
  std::string last_problem;
  std::unique_ptr<ProbeAttempt> attempt;
  Loop::Timer timer;
};

void Prober::Start(const policy::StartProbing& action) {
  auto job = std::make_shared<Job>(loop_);
  job->sandbox = action.sandbox;
  job->target.container = action.container;
  if (action.startup) job->stages.push_back(*action.startup);
  if (action.readiness) job->stages.push_back(*action.readiness);
  job->began = Loop::Now();
  if (const auto* record = driver_.engine().FindContainer(action.container)) job->name = record->name;
  for (const ProbeSpec& stage : job->stages) {
    if (stage.kind != ProbeSpec::Kind::kExec && (stage.port < 1 || stage.port > 65535)) {
      spdlog::warn("container {}: its probe has no usable port; left to kubelet", job->name);
      return;
    }
  }
  jobs_[action.container] = job;
  ReadStart(job);
}

void Prober::ReadStart(const std::shared_ptr<Job>& job) {
  // Initial delays count from the container's start, which may be long ago.
  runtime_.ContainerStatus(
      job->target.container, /*verbose=*/false,
      [this, weak = std::weak_ptr<Job>(job)](const grpc::Status& status,
                                             const runtime::v1::ContainerStatusResponse& response) {
        const std::shared_ptr<Job> waiting = weak.lock();
        if (!waiting) return;
        const std::chrono::nanoseconds started(status.ok() ? response.status().started_at() : 0);
        const auto age = std::chrono::system_clock::now().time_since_epoch() - started;
        waiting->container_started =
            started.count() > 0 ? Loop::Now() - std::max<Duration>(age, Duration{0}) : waiting->began;
        ReadAddress(waiting);
      });
}

void Prober::ReadAddress(const std::shared_ptr<Job>& job) {
  runtime_.PodSandboxStatus(
      job->sandbox, [this, weak = std::weak_ptr<Job>(job)](
                        const grpc::Status& status, const runtime::v1::PodSandboxStatusResponse& response) {
        const std::shared_ptr<Job> waiting = weak.lock();
        if (!waiting) return;
        if (!status.ok()) {
          // Without the pod's own address the node's would be probed.
          waiting->timer.Start(Loop::Now() + kSlow, [this, weak] {
            if (const std::shared_ptr<Job> due = weak.lock()) ReadAddress(due);
          });
          return;
        }
        waiting->target.pod_address = node_address_.OfPod(response.status().network().ip());
        Schedule(waiting, Loop::Now());
      });
}

void Prober::Schedule(const std::shared_ptr<Job>& job, Time at) {
  const Time earliest = job->container_started + job->stages.front().initial_delay;
  job->timer.Start(std::max(at, earliest), [this, weak = std::weak_ptr<Job>(job)] {
    if (const std::shared_ptr<Job> due = weak.lock()) Try(due);
  });
}

void Prober::Try(const std::shared_ptr<Job>& job) {
  job->attempt =
      BeginProbe(loop_, runtime_, http_, job->stages.front(), job->target,
                 [this, weak = std::weak_ptr<Job>(job), began = Loop::Now()](const absl::Status& status) {
                   if (const std::shared_ptr<Job> tried = weak.lock()) Tried(tried, began, status);
                 });
}

void Prober::Tried(const std::shared_ptr<Job>& job, Time began, const absl::Status& status) {
  const Time now = Loop::Now();
  if (status.ok()) {
    Passed(job);
    return;
  }
  job->passes = 0;
  if (std::string problem(status.message()); problem != job->last_problem) {
    spdlog::debug("container {} is not ready: {}", job->name, problem);
    job->last_problem = std::move(problem);
  }
  Duration pause = now - job->began < kQuickFor ? kQuick : kSlow;
  const ProbeSpec& stage = job->stages.front();
  if (stage.kind == ProbeSpec::Kind::kExec) {
    // Processes are what burdens a node: however many pods wait for theirs, all
    // their tries together leave it most of the time. But none comes more rarely
    // than kubelet's own.
    const Duration rest = std::min<Duration>(kRestPerTry * ExecJobs() * (now - began), stage.period);
    pause = std::max(pause, rest);
  }
  Schedule(job, now + pause);
}

int64_t Prober::ExecJobs() const {
  return std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
    return entry.second->stages.front().kind == ProbeSpec::Kind::kExec;
  });
}

void Prober::Passed(const std::shared_ptr<Job>& job) {
  const ProbeSpec& stage = job->stages.front();
  if (++job->passes < stage.success_threshold) {
    // Several passes are asked for to see that it lasts: not faster than asked.
    Schedule(job, Loop::Now() + stage.period);
    return;
  }
  job->passes = 0;
  job->stages.pop_front();
  if (!job->stages.empty()) {
    Schedule(job, Loop::Now());
    return;
  }
  spdlog::debug("container {} is ready by the shim's own probe", job->name);
  jobs_.erase(job->target.container);
  driver_.Post(policy::ContainerReady{job->target.container});
}

void Prober::OnExec(const policy::ContainerId& container, const std::vector<std::string>& command,
                    bool passed) {
  auto it = jobs_.find(container);
  if (it == jobs_.end() || !passed) return;
  const std::shared_ptr<Job> job = it->second;
  const ProbeSpec& stage = job->stages.front();
  // Before its delay is over it is another probe, such as the liveness one.
  if (job->target.pod_address.empty() || Loop::Now() < job->container_started + stage.initial_delay) return;
  // One pass among several that are asked for would come at the wrong time.
  if (stage.kind == ProbeSpec::Kind::kExec && stage.command == command && stage.success_threshold == 1) {
    job->attempt.reset();
    Passed(job);
  }
}

}  // namespace sidecar_shim
