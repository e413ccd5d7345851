// A scripted container runtime on a unix socket: CRI v1 and v1alpha2 over a Model,
// containerd's event service, and faults on demand. Every method is served as
// bytes, so that a test sees what was on the wire. Thread-safe, except where a
// method says otherwise.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_FAKE_RUNTIME_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_FAKE_RUNTIME_H_

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/model.h"
#include "tests/support/raw_server.h"

namespace sidecar_shim::testing {

// A call that has arrived.
struct Recorded {
  std::string method;  // full path
  std::string bytes;   // the first message
  std::multimap<std::string, std::string> metadata;
  std::chrono::system_clock::time_point deadline;
};

// "/runtime.v1.RuntimeService/<name>"
std::string Method(const std::string& name);

class FakeRuntime {
 public:
  // Listens from Start() on.
  explicit FakeRuntime(std::string socket_path);
  ~FakeRuntime() { Stop(); }

  void Start();
  // Ends every call and stream at once and closes the socket. The model stays.
  void Stop();

  Model& model() { return model_; }
  // Lets the container's process exit.
  bool Exit(const std::string& container, int code) { return model_.Exit(container, code); }

  // Faults, by full method path. They hold until Clear().
  void Delay(const std::string& method, Duration delay);
  void Fail(const std::string& method, const grpc::Status& status);
  // Calls of this method wait for Release(). Cancelled ones are counted.
  void Hang(const std::string& method);
  void Release(const std::string& method);
  void Clear(const std::string& method);
  // Replaces the method: `script` runs on the server's thread and reads the
  // messages itself.
  void On(const std::string& method, RawServer::Serve script);

  // The calls of `method` whose first message has arrived, in order; "" = of all methods.
  std::vector<Recorded> Calls(const std::string& method = "") const;
  size_t Count(const std::string& method) const { return Calls(method).size(); }
  size_t Hanging() const;
  size_t CancelledWhileHanging() const;
  size_t Subscribers() const;

  void Record(const std::shared_ptr<RawCall>& call, const std::string& bytes);

 private:
  struct Fault {
    Duration delay{0};
    grpc::Status status;
    bool hang = false;
  };
  struct Hung {
    std::string method;
    std::shared_ptr<RawCall> call;
    std::string bytes;
  };
  // One subscriber of a stream of events.
  struct Sink {
    std::shared_ptr<RawCall> call;
    bool containerd = false;
    bool writing = false;
    std::list<std::string> queue;
  };

  void Serve(const std::shared_ptr<RawCall>& call);
  void OnRequest(const std::shared_ptr<RawCall>& call, const std::string& bytes);
  void Answer(const std::shared_ptr<RawCall>& call, const std::string& bytes);
  void Subscribe(const std::shared_ptr<RawCall>& call, bool containerd);
  void Publish(bool containerd, const std::string& message);
  void Pump(const std::shared_ptr<Sink>& sink);
  void OnChange(const runtime::v1::ContainerStatus& container, const runtime::v1::PodSandboxStatus& sandbox,
                runtime::v1::ContainerEventType type);

  const std::string path_;
  Model model_;
  mutable std::mutex mutex_;  // for all below, but for the server
  std::vector<Recorded> calls_;
  std::map<std::string, Fault> faults_;
  std::map<std::string, RawServer::Serve> scripts_;
  std::list<Hung> hung_;
  size_t cancelled_ = 0;
  std::list<std::shared_ptr<Sink>> sinks_;
  // Held while work is posted to the server, so that it is not destroyed meanwhile.
  std::mutex server_mutex_;
  std::unique_ptr<RawServer> server_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_FAKE_RUNTIME_H_
