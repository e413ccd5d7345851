#include "shim/run/pod_status.h"

#include <gtest/gtest.h>

namespace sidecar_shim::run {
namespace {

TEST(PodStatusTest, ReadsTheRealExitCode) {
  cri::ContainerStatusResponse response;
  response.mutable_status()->set_exit_code(0);
  response.mutable_status()->set_reason("Completed");
  EXPECT_FALSE(ReadContainerRecord(response).real.masked);
  (*response.mutable_info())["sidecar-shim"] =
      R"({"masked":true,"exitCode":143,"reason":"Error","message":""})";
  ContainerRecord record = ReadContainerRecord(response);
  EXPECT_TRUE(record.real.masked);
  EXPECT_EQ(record.real.exit_code, 143);
  EXPECT_EQ(record.real.reason, "Error");
  for (const char* text : {"", "[]", "{}", R"({"masked":true})", R"({"masked":true,"exitCode":"x"})", "{"}) {
    (*response.mutable_info())["sidecar-shim"] = text;
    EXPECT_FALSE(ReadContainerRecord(response).real.masked) << text;
  }
}

}  // namespace
}  // namespace sidecar_shim::run
