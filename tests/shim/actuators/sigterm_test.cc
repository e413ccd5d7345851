#include "shim/actuators/sigterm.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/client.h"
#include "tests/support/sigterm_process.h"

namespace sidecar_shim {
namespace {

std::string Status(const std::string& name, const std::string& blocked, const std::string& caught) {
  return absl::StrCat("Name:\t", name, "\nPid:\t7\nSigBlk:\t", blocked,
                      "\nSigIgn:\t0000000000004000\nSigCgt:\t", caught, "\n");
}

TEST(SigtermTest, HandledOrBlocked) {
  EXPECT_TRUE(HandlesSigterm(Status("sh", "0000000000000000", "0000000000004000")));
  EXPECT_TRUE(HandlesSigterm(Status("tini", "fffffffe7ffbfeff", "0000000000000000")));
}

TEST(SigtermTest, NoHandlerYet) {
  EXPECT_FALSE(HandlesSigterm(Status("sh", "0000000000000000", "0000000000010002")));
}

TEST(SigtermTest, RuntimesOwnProcessBeforeItsExec) {
  EXPECT_FALSE(HandlesSigterm(Status("runc:[2:INIT]", "0000000000000000", "fffffffe7fc1feff")));
}

TEST(SigtermTest, UnreadableStatusCountsAsHandled) {
  EXPECT_TRUE(HandlesSigterm(std::string()));
  EXPECT_TRUE(ProcessHandlesSigterm(-1));
}

TEST(SigtermTest, RunningProcess) {
  testing::SigtermProcess process;
  EXPECT_FALSE(ProcessHandlesSigterm(process.pid()));
  process.InstallHandler();
  EXPECT_TRUE(testing::Eventually([&] { return ProcessHandlesSigterm(process.pid()); }));
}

}  // namespace
}  // namespace sidecar_shim
