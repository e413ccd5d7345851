#include "shim/core/hearing.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fake_runtime/client.h"
#include "tests/fake_runtime/deaf_process.h"

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
  testing::DeafProcess process;
  EXPECT_FALSE(HearsTerm(process.pid()));
  process.Listen();
  EXPECT_TRUE(testing::Eventually([&] { return HearsTerm(process.pid()); }));
}

}  // namespace
}  // namespace sidecar_shim
