// How fast calls pass the shim, what they cost it, and how its memory grows.
//
//   relay_bench [--quick] [PATH_OF_sidecar-shim]
//
// A runtime made for the purpose runs in a child process, the real daemon in
// another. Every load is run directly and through the shim in turn, several
// times, so that what else the machine does meanwhile falls on both.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "cri.pb.h"

extern char** environ;

namespace {

namespace cri = runtime::v1;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMiB = 1 << 20;
constexpr char kService[] = "/runtime.v1.RuntimeService/";
constexpr char kSizeLabel[] = "bench/size";  // of a List's filter: how large a reply is wanted

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "relay_bench: " << what << "\n";
  exit(1);
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

template <typename Message>
Message FromBuffer(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  Message message;
  if (!message.ParseFromString(bytes)) Die("a message does not parse");
  return message;
}

// ---- the runtime ----

// As kubelet labels them.
template <typename Labels>
void AddLabels(Labels& labels, const std::string& pod) {
  labels["io.kubernetes.pod.name"] = pod;
  labels["io.kubernetes.pod.namespace"] = "default";
  labels["io.kubernetes.pod.uid"] = "00000000-0000-0000-0000-" + pod;
}

// Running containers such as kubelet's, until they fill `size` bytes.
grpc::ByteBuffer MakeList(size_t size) {
  cri::ListContainersResponse list;
  size_t filled = 0;
  for (int i = 0; filled < size; ++i) {
    cri::Container& container = *list.add_containers();
    const std::string number = std::to_string(100000000000 + i);
    container.set_id(std::string(52, 'c') + number);
    container.set_pod_sandbox_id(std::string(52, 'b') + number);
    container.mutable_metadata()->set_name("main");
    container.mutable_image()->set_image("sha256:" + std::string(64, 'a'));
    container.set_image_ref("sha256:" + std::string(64, 'a'));
    container.set_state(cri::CONTAINER_RUNNING);
    container.set_created_at(1700000000000000000);
    AddLabels(*container.mutable_labels(), number);
    (*container.mutable_labels())["io.kubernetes.container.name"] = "main";
    auto& annotations = *container.mutable_annotations();
    annotations["io.kubernetes.container.hash"] = "5f2b8c1d";
    annotations["io.kubernetes.container.restartCount"] = "0";
    annotations["io.kubernetes.container.terminationMessagePath"] = "/dev/termination-log";
    annotations["io.kubernetes.container.terminationMessagePolicy"] = "File";
    annotations["io.kubernetes.pod.terminationGracePeriod"] = "30";
    filled += container.ByteSizeLong() + 3;
  }
  return ToBuffer(list);
}

class FakeRuntime : public grpc::CallbackGenericService {
 public:
  FakeRuntime() {
    cri::VersionResponse version;
    version.set_version("0.1.0");
    version.set_runtime_name("bench");
    version.set_runtime_version("1.0.0");
    version.set_runtime_api_version("v1");
    version_ = ToBuffer(version);
    lists_["1"] = MakeList(1 * kMiB);
    lists_["8"] = MakeList(8 * kMiB);
  }

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(*this, context->method());
  }

 private:
  class Call : public grpc::ServerGenericBidiReactor {
   public:
    Call(FakeRuntime& runtime, std::string method) : runtime_(runtime), method_(std::move(method)) {
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return FinishOnce(grpc::Status(grpc::StatusCode::INTERNAL, "no request"));
      // Event streams stay open and silent.
      if (method_.find("/Subscribe") != std::string::npos || method_.find("Events") != std::string::npos)
        return;
      const grpc::Status status = runtime_.Answer(method_, request_, response_);
      if (!status.ok()) return FinishOnce(status);
      if (!finished_.exchange(true)) StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnCancel() override { FinishOnce(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

   private:
    void FinishOnce(const grpc::Status& status) {
      if (!finished_.exchange(true)) Finish(status);
    }

    FakeRuntime& runtime_;
    const std::string method_;
    std::atomic<bool> finished_ = false;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
  };

  grpc::Status Answer(const std::string& full_method, const grpc::ByteBuffer& request,
                      grpc::ByteBuffer& response) {
    const std::string method = full_method.substr(full_method.rfind('/') + 1);
    if (method == "Version") {
      response = version_;
    } else if (method == "ListContainers") {
      const auto wanted = FromBuffer<cri::ListContainersRequest>(request);
      const auto& labels = wanted.filter().label_selector();
      const auto size = labels.find(kSizeLabel);
      response = size != labels.end() ? lists_[size->second] : ToBuffer(List());
    } else if (method == "RunPodSandbox") {
      cri::RunPodSandboxResponse reply;
      reply.set_pod_sandbox_id(NewId());
      response = ToBuffer(reply);
    } else if (method == "CreateContainer") {
      response = ToBuffer(Create(FromBuffer<cri::CreateContainerRequest>(request)));
    } else if (method == "StartContainer") {
      SetState(FromBuffer<cri::StartContainerRequest>(request).container_id(), cri::CONTAINER_RUNNING);
      response = ToBuffer(cri::StartContainerResponse());
    } else if (method == "StopContainer") {
      SetState(FromBuffer<cri::StopContainerRequest>(request).container_id(), cri::CONTAINER_EXITED);
      response = ToBuffer(cri::StopContainerResponse());
    } else if (method == "ContainerStatus") {
      return Status(FromBuffer<cri::ContainerStatusRequest>(request).container_id(), response);
    } else if (method == "StopPodSandbox") {
      response = ToBuffer(cri::StopPodSandboxResponse());
    } else if (method == "RemovePodSandbox") {
      Remove(FromBuffer<cri::RemovePodSandboxRequest>(request).pod_sandbox_id());
      response = ToBuffer(cri::RemovePodSandboxResponse());
    } else if (method == "ListPodSandbox") {
      response = ToBuffer(cri::ListPodSandboxResponse());
    } else {
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, full_method);
    }
    return grpc::Status::OK;
  }

  std::string NewId() {
    const std::string number = std::to_string(++last_id_);
    return std::string(64 - number.size(), '0') + number;
  }
  cri::CreateContainerResponse Create(const cri::CreateContainerRequest& request) {
    cri::CreateContainerResponse reply;
    reply.set_container_id(NewId());
    std::lock_guard lock(mutex_);
    cri::Container& container = containers_[reply.container_id()];
    container.set_id(reply.container_id());
    container.set_pod_sandbox_id(request.pod_sandbox_id());
    *container.mutable_metadata() = request.config().metadata();
    *container.mutable_labels() = request.config().labels();
    return reply;
  }
  void SetState(const std::string& id, cri::ContainerState state) {
    std::lock_guard lock(mutex_);
    if (auto it = containers_.find(id); it != containers_.end()) it->second.set_state(state);
  }
  grpc::Status Status(const std::string& id, grpc::ByteBuffer& response) {
    std::lock_guard lock(mutex_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, id);
    cri::ContainerStatusResponse reply;
    reply.mutable_status()->set_id(id);
    *reply.mutable_status()->mutable_metadata() = it->second.metadata();
    reply.mutable_status()->set_state(it->second.state());
    response = ToBuffer(reply);
    return grpc::Status::OK;
  }
  void Remove(const std::string& sandbox) {
    std::lock_guard lock(mutex_);
    std::erase_if(containers_, [&](const auto& entry) { return entry.second.pod_sandbox_id() == sandbox; });
  }
  cri::ListContainersResponse List() {
    std::lock_guard lock(mutex_);
    cri::ListContainersResponse list;
    for (const auto& [id, container] : containers_) *list.add_containers() = container;
    return list;
  }

  grpc::ByteBuffer version_;
  std::map<std::string, grpc::ByteBuffer> lists_;
  std::atomic<int64_t> last_id_ = 0;
  std::mutex mutex_;
  std::map<std::string, cri::Container> containers_;
};

int ServeRuntime(const std::string& endpoint) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  FakeRuntime runtime;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&runtime);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("cannot listen on " + endpoint);
  server->Wait();
  return 0;
}

// ---- processes ----

class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
      Die("cannot run " + arguments[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }

  double CpuMicroseconds() const {
    clockid_t clock;
    timespec time;
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) Die("a child has gone");
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
  }
  // In KiB, by its name in /proc/<pid>/status.
  int64_t Memory(const std::string& name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
    }
    Die("no " + name + " of a child");
  }

 private:
  pid_t pid_;
};

// ---- the load ----

class Client {
 public:
  explicit Client(const std::string& endpoint) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(16 * kMiB);  // as kubelet
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
    if (!channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
      Die("nobody answers at " + endpoint);
  }

  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    grpc::Status status;
    Clock::time_point began;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    int64_t tag = 0;
  };
  void Send(const std::string& method, const grpc::ByteBuffer& request, int64_t tag = 0) {
    auto* call = new Call;
    call->tag = tag;
    call->context.set_wait_for_ready(true);
    call->began = Clock::now();
    call->reader = stub_->PrepareUnaryCall(&call->context, kService + method, request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }
  // The next call that has ended; it must have ended well.
  std::unique_ptr<Call> Wait() {
    void* tag;
    bool ok;
    if (!queue_.Next(&tag, &ok)) Die("the queue has ended");
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    if (!call->status.ok()) Die("a call failed: " + call->status.error_message());
    return call;
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
};

struct Result {
  std::vector<double> latencies;  // microseconds
  double seconds = 0;
  double shim_cpu = 0;  // microseconds

  double Quantile(double q) {
    if (latencies.empty()) return 0;
    const size_t index = std::min(latencies.size() - 1, static_cast<size_t>(q * latencies.size()));
    std::nth_element(latencies.begin(), latencies.begin() + index, latencies.end());
    return latencies[index];
  }
  double Rate() const { return seconds > 0 ? latencies.size() / seconds : 0; }
};

struct Load {
  const char* name;
  const char* method;
  grpc::ByteBuffer request;
};

void Run(Client& client, const Load& load, int concurrency, milliseconds duration, const Child& shim,
         Result& result) {
  const double cpu = shim.CpuMicroseconds();
  const Clock::time_point began = Clock::now();
  for (int i = 0; i < concurrency; ++i) client.Send(load.method, load.request);
  for (int under_way = concurrency; under_way > 0; --under_way) {
    const std::unique_ptr<Client::Call> call = client.Wait();
    const Clock::time_point now = Clock::now();
    result.latencies.push_back(std::chrono::duration<double, std::micro>(now - call->began).count());
    if (now - began >= duration) continue;
    client.Send(load.method, load.request);
    ++under_way;
  }
  result.seconds += std::chrono::duration<double>(Clock::now() - began).count();
  result.shim_cpu += shim.CpuMicroseconds() - cpu;
}

grpc::ByteBuffer ListRequest(const std::string& size) {
  cri::ListContainersRequest request;
  (*request.mutable_filter()->mutable_label_selector())[kSizeLabel] = size;
  return ToBuffer(request);
}

void MeasureRelay(Client& direct, Client& through, const Child& shim, int rounds, milliseconds duration) {
  const Load loads[] = {{"Version", "Version", ToBuffer(cri::VersionRequest())},
                        {"List 1 MiB", "ListContainers", ListRequest("1")},
                        {"List 8 MiB", "ListContainers", ListRequest("8")}};
  std::printf("%-11s %4s | %9s %9s %8s | %9s %9s %8s | %5s %5s %5s | %8s\n", "call", "conc", "direct", "p99",
              "calls/s", "through", "p99", "calls/s", "p50", "p99", "rate", "shim CPU");
  std::printf("%-11s %4s | %9s %9s %8s | %9s %9s %8s | %5s %5s %5s | %8s\n", "", "", "p50 us", "us", "",
              "p50 us", "us", "", "ratio", "ratio", "ratio", "us/call");
  for (const Load& load : loads) {
    for (const int concurrency : {1, 16, 64}) {
      Result without, with;
      Result warm_up;
      Run(direct, load, concurrency, milliseconds(20), shim, warm_up);
      Run(through, load, concurrency, milliseconds(20), shim, warm_up);
      for (int round = 0; round < rounds; ++round) {
        Run(direct, load, concurrency, duration, shim, without);
        Run(through, load, concurrency, duration, shim, with);
      }
      const double p50[] = {without.Quantile(0.5), with.Quantile(0.5)};
      const double p99[] = {without.Quantile(0.99), with.Quantile(0.99)};
      std::printf("%-11s %4d | %9.0f %9.0f %8.0f | %9.0f %9.0f %8.0f | %5.2f %5.2f %5.2f | %8.1f\n",
                  load.name, concurrency, p50[0], p99[0], without.Rate(), p50[1], p99[1], with.Rate(),
                  p50[1] / p50[0], p99[1] / p99[0], with.Rate() / without.Rate(),
                  with.shim_cpu / with.latencies.size());
      std::fflush(stdout);
    }
  }
}

// ---- pods that come and go ----

// One pod after the other in each of some lanes, as kubelet's workers do it.
class Pods {
 public:
  explicit Pods(Client& client) : client_(client) {}

  void ComeAndGo(int count) {
    left_ = count;
    int lanes = 0;
    for (; lanes < 16 && left_ > 0; ++lanes) Begin(lanes);
    while (lanes > 0) {
      const std::unique_ptr<Client::Call> call = client_.Wait();
      if (!Next(call->tag, call->response)) --lanes;
    }
  }

 private:
  struct Pod {
    int step = 0;
    cri::PodSandboxConfig config;
    std::string sandbox;
    std::string container;
  };

  bool Begin(int lane) {
    if (left_ == 0) return false;
    --left_;
    Pod& pod = pods_[lane] = Pod();
    const std::string name = std::to_string(100000000000 + ++last_pod_);
    pod.config.mutable_metadata()->set_name(name);
    pod.config.mutable_metadata()->set_namespace_("default");
    pod.config.mutable_metadata()->set_uid("00000000-0000-0000-0000-" + name);
    AddLabels(*pod.config.mutable_labels(), name);
    cri::RunPodSandboxRequest request;
    *request.mutable_config() = pod.config;
    client_.Send("RunPodSandbox", ToBuffer(request), lane);
    return true;
  }

  bool Next(int lane, const grpc::ByteBuffer& response) {
    Pod& pod = pods_[lane];
    switch (pod.step++) {
      case 0: {
        pod.sandbox = FromBuffer<cri::RunPodSandboxResponse>(response).pod_sandbox_id();
        cri::CreateContainerRequest request;
        request.set_pod_sandbox_id(pod.sandbox);
        *request.mutable_sandbox_config() = pod.config;
        request.mutable_config()->mutable_metadata()->set_name("main");
        request.mutable_config()->mutable_image()->set_image("bench");
        AddLabels(*request.mutable_config()->mutable_labels(), pod.config.metadata().name());
        (*request.mutable_config()->mutable_labels())["io.kubernetes.container.name"] = "main";
        cri::KeyValue& env = *request.mutable_config()->add_envs();
        env.set_key("KRUISE_CONTAINER_PRIORITY");
        env.set_value("100");
        client_.Send("CreateContainer", ToBuffer(request), lane);
        return true;
      }
      case 1: {
        pod.container = FromBuffer<cri::CreateContainerResponse>(response).container_id();
        cri::StartContainerRequest request;
        request.set_container_id(pod.container);
        client_.Send("StartContainer", ToBuffer(request), lane);
        return true;
      }
      case 2: {
        cri::StopPodSandboxRequest request;
        request.set_pod_sandbox_id(pod.sandbox);
        client_.Send("StopPodSandbox", ToBuffer(request), lane);
        return true;
      }
      case 3: {
        cri::RemovePodSandboxRequest request;
        request.set_pod_sandbox_id(pod.sandbox);
        client_.Send("RemovePodSandbox", ToBuffer(request), lane);
        return true;
      }
      default:
        return Begin(lane);
    }
  }

  Client& client_;
  std::map<int, Pod> pods_;
  int left_ = 0;
  int last_pod_ = 0;
};

void MeasureMemory(Client& through, const Child& shim, int few, int many) {
  std::printf("\nresident memory of the shim, KiB: idle %lld", static_cast<long long>(shim.Memory("VmRSS")));
  Pods pods(through);
  const Clock::time_point began = Clock::now();
  pods.ComeAndGo(few);
  std::printf(", after %d pods %lld", few, static_cast<long long>(shim.Memory("VmRSS")));
  pods.ComeAndGo(many - few);
  std::printf(", after %d pods %lld (%.0f pods/s)\n", many, static_cast<long long>(shim.Memory("VmRSS")),
              many / std::chrono::duration<double>(Clock::now() - began).count());
}

int Measure(const std::string& program, bool quick) {
  char pattern[] = "/tmp/relay_bench.XXXXXX";
  if (mkdtemp(pattern) == nullptr) Die("no temporary folder");
  const std::string folder = pattern;
  {
    const std::string runtime_endpoint = "unix://" + folder + "/runtime.sock";
    const auto serve = [&](const std::string& endpoint) {
      return std::vector<std::string>{program,
                                      "serve",
                                      "--listen",
                                      endpoint,
                                      "--runtime",
                                      runtime_endpoint,
                                      "--kubelet-root-dir",
                                      folder,
                                      "--static-pod-path",
                                      folder,
                                      "--log-level",
                                      "warn"};
    };
    const Child runtime({"/proc/self/exe", "--serve", runtime_endpoint});
    Client direct(runtime_endpoint);
    {
      const std::string endpoint = "unix://" + folder + "/shim.sock";
      const Child shim(serve(endpoint));
      Client through(endpoint);
      MeasureRelay(direct, through, shim, quick ? 2 : 4, milliseconds(quick ? 150 : 400));
      std::printf("resident memory of the shim after this, KiB: %lld; at most %lld\n",
                  static_cast<long long>(shim.Memory("VmRSS")), static_cast<long long>(shim.Memory("VmHWM")));
    }
    // A shim of its own: what 64 lists of 8 MiB leave behind is not the pods'.
    const std::string endpoint = "unix://" + folder + "/shim2.sock";
    const Child shim(serve(endpoint));
    Client through(endpoint);
    MeasureMemory(through, shim, 1000, quick ? 3000 : 10000);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  std::string program;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--serve" && i + 1 < argc) return ServeRuntime(argv[i + 1]);
    if (argument == "--quick")
      quick = true;
    else if (!argument.starts_with("-") && program.empty())
      program = argument;
    else {
      std::cerr << "usage: relay_bench [--quick] [PATH_OF_sidecar-shim]\n";
      return 2;
    }
  }
  if (program.empty()) {
    // build/<any>/tests/relay_bench -> build/release/sidecar-shim
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    program = self.parent_path().parent_path().parent_path() / "release" / "sidecar-shim";
  }
  if (access(program.c_str(), X_OK) != 0) Die("no program " + program);
  return Measure(program, quick);
}
