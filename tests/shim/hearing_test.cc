#include "shim/core/hearing.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fake_runtime/client.h"

namespace sidecar_shim {
namespace {

std::string Status(const std::string& name, const std::string& blocked, const std::string& caught) {
  return absl::StrCat("Name:\t", name, "\nPid:\t7\nSigBlk:\t", blocked,
                      "\nSigIgn:\t0000000000004000\nSigCgt:\t", caught, "\n");
}

TEST(HearingTest, AHandlerOrAProgramThatWaitsForIt) {
  EXPECT_TRUE(HearsTerm(Status("sh", "0000000000000000", "0000000000004000")));
  EXPECT_TRUE(HearsTerm(Status("tini", "fffffffe7ffbfeff", "0000000000000000")));
}

TEST(HearingTest, NoHandlerYet) {
  EXPECT_FALSE(HearsTerm(Status("sh", "0000000000000000", "0000000000010002")));
}

TEST(HearingTest, TheRuntimesOwnProcessBeforeItsExec) {
  EXPECT_FALSE(HearsTerm(Status("runc:[2:INIT]", "0000000000000000", "fffffffe7fc1feff")));
}

TEST(HearingTest, WhatCannotBeReadIsNotWaitedFor) {
  EXPECT_TRUE(HearsTerm(std::string()));
  EXPECT_TRUE(HearsTerm(-1));
}

TEST(HearingTest, ALiveProcess) {
  const pid_t child = fork();
  if (child == 0) {
    // What this process has been given by other tests or by its parent does not count.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGTERM, SIG_DFL);
    for (;;) pause();
  }
  ASSERT_GT(child, 0);
  EXPECT_TRUE(testing::Eventually([child] { return !HearsTerm(child); }));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace sidecar_shim
