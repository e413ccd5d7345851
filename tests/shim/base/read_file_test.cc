#include "shim/base/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/support/shim_under_test.h"

namespace sidecar_shim {
namespace {

using ::testing::HasSubstr;

TEST(ReadFileTest, WholeFilesUpToTheLimit) {
  const sidecar_shim::testing::TempDir dir;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{200'000}}) {
    const std::string text(size, 'x');
    std::ofstream(dir.File("file")) << text;
    EXPECT_EQ(ReadFile(dir.File("file"), size).value(), text);
    if (size == 0) continue;
    const absl::Status status = ReadFile(dir.File("file"), size - 1).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << size;
    EXPECT_THAT(std::string(status.message()), HasSubstr("more than"));
  }
}

TEST(ReadFileTest, ErrorsNameThePathAndTheReason) {
  const sidecar_shim::testing::TempDir dir;
  const struct {
    std::string path;
    absl::StatusCode code;
    std::string reason;
  } cases[] = {
      {dir.File("none"), absl::StatusCode::kNotFound, "No such file"},
      {dir.File(""), absl::StatusCode::kInvalidArgument, "Is a directory"},
      {"/proc/self/mem", absl::StatusCode::kUnavailable, "Input/output error"},
  };
  for (const auto& [path, code, reason] : cases) {
    const absl::Status status = ReadFile(path, 100).status();
    EXPECT_EQ(status.code(), code) << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
  }
}

TEST(ReadFileTest, PipeUntilItEnds) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "text", 4), 4);
  close(ends[1]);
  EXPECT_EQ(ReadAll(ends[0], "a pipe", 100).value(), "text");
  close(ends[0]);
}

}  // namespace
}  // namespace sidecar_shim
