// Handlers of every kind, which check what shim/relay/call_handler.h promises them.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_FUZZ_HANDLERS_H_
#define SIDECAR_SHIM_TESTS_FUZZ_FUZZ_HANDLERS_H_

#include <cstddef>
#include <functional>
#include <list>
#include <string_view>
#include <vector>

#include "shim/relay/call_handler.h"

namespace sidecar_shim::testing {

// What a method's handler does with the request.
enum class OnItsRequest { kNoHandler, kNullHandler, kNotWanted, kForward, kChange, kReply, kFail, kWait };

struct FuzzMethod {
  std::string_view path;
  OnItsRequest on_request;
  ResponseWanted wanted = ResponseWanted::kNothing;
  bool holds = false;
  bool replaces = false;
};
inline constexpr FuzzMethod kFuzzMethods[] = {
    {"/runtime.v1.RuntimeService/Version", OnItsRequest::kNoHandler},
    {"/runtime.v1.RuntimeService/CreateContainer", OnItsRequest::kWait, ResponseWanted::kWhole},
    {"/runtime.v1.RuntimeService/StartContainer", OnItsRequest::kForward, ResponseWanted::kWhole, true},
    {"/runtime.v1.RuntimeService/ContainerStatus", OnItsRequest::kForward, ResponseWanted::kObserve},
    {"/runtime.v1.RuntimeService/GetContainerEvents", OnItsRequest::kNotWanted, ResponseWanted::kWhole, true,
     true},
    {"/runtime.v1.RuntimeService/ListContainers", OnItsRequest::kNotWanted, ResponseWanted::kWhole, false,
     true},
    {"/runtime.v1.RuntimeService/ExecSync", OnItsRequest::kReply},
    {"/runtime.v1.RuntimeService/RemoveContainer", OnItsRequest::kFail},
    {"/runtime.v1.RuntimeService/Attach", OnItsRequest::kChange},
    {"/runtime.v1.RuntimeService/PodSandboxStatus", OnItsRequest::kWait, ResponseWanted::kWhole, true},
    {"/runtime.v1.RuntimeService/Status", OnItsRequest::kNullHandler},
    {"/runtime.v1.ImageService/PullImage", OnItsRequest::kForward, ResponseWanted::kWhole, true, true},
    {"/runtime.v1.ImageService/ListImages", OnItsRequest::kNoHandler},
    {"/some.other.v7.Service/Plain", OnItsRequest::kNoHandler},
    {"/some.other.v7.Service/Held", OnItsRequest::kForward, ResponseWanted::kWhole, true},
    {"/some.other.v7.Service/Seen", OnItsRequest::kNotWanted, ResponseWanted::kObserve},
    {"/containerd.services.tasks.v1.Tasks/Get", OnItsRequest::kNoHandler},
};
inline constexpr size_t kFuzzMethodCount = sizeof kFuzzMethods / sizeof kFuzzMethods[0];

class FuzzHandler;

// The handlers of one script.
class FuzzHandlers {
 public:
  HandlerTable Table();
  // A handler that waits for the script decides or releases, as `choice` says.
  void GoOn(size_t index, size_t choice);
  // Those that are held, whose calls may be gone.
  void ReleaseAll();
  bool none() const { return live_.empty(); }

 private:
  friend class FuzzHandler;
  std::list<FuzzHandler*> live_;
  std::vector<std::function<void()>> releases_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_FUZZ_HANDLERS_H_
