#include "shim/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/shim/relay_support.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

int Bind(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(fd, 1), 0);
  return fd;
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(lstat(path.c_str(), &info), 0);
  return info.st_mode & 0777;
}

TEST(ListenerTest, RefusesALiveSocket) {
  const TempDir dir;
  const std::string path = dir.File("shim.sock");
  const int other = Bind(path);
  const auto listener = Listener::Open(path);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(listener.status().message()), HasSubstr(path));
  EXPECT_TRUE(std::filesystem::exists(path));
  close(other);
}

TEST(ListenerTest, RefusesASecondShim) {
  const TempDir dir;
  const auto first = Listener::Open(dir.File("shim.sock"));
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(Listener::Open(dir.File("shim.sock")).ok());
  EXPECT_TRUE(std::filesystem::exists(dir.File("shim.sock")));
}

TEST(ListenerTest, ReplacesAStaleSocket) {
  const TempDir dir;
  close(Bind(dir.File("shim.sock")));
  ASSERT_TRUE(std::filesystem::exists(dir.File("shim.sock")));
  EXPECT_TRUE(Listener::Open(dir.File("shim.sock")).ok());
}

TEST(ListenerTest, LeavesWhatIsNoSocket) {
  const TempDir dir;
  std::ofstream(dir.File("shim.sock")) << "precious";
  EXPECT_FALSE(Listener::Open(dir.File("shim.sock")).ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(dir.File("shim.sock")));
}

TEST(ListenerTest, RefusesAPathThatDoesNotFit) {
  const TempDir dir;
  EXPECT_EQ(Listener::Open(dir.File(std::string(120, 'x'))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ListenerTest, ModeIsTheRuntimesWithoutRightsForOthers) {
  const TempDir dir;
  const int runtime = Bind(dir.File("runtime.sock"));
  ASSERT_EQ(chmod(dir.File("runtime.sock").c_str(), 0766), 0);
  const auto listener = Listener::Open(dir.File("shim.sock"));
  ASSERT_TRUE(listener.ok());
  EXPECT_EQ(ModeOf(dir.File("shim.sock")), 0600u);
  EXPECT_FALSE((*listener)->AdoptOwnership(dir.File("absent.sock")));
  EXPECT_EQ(ModeOf(dir.File("shim.sock")), 0600u);
  EXPECT_TRUE((*listener)->AdoptOwnership(dir.File("runtime.sock")));
  EXPECT_EQ(ModeOf(dir.File("shim.sock")), 0760u);
  close(runtime);
}

TEST(ListenerTest, SocketGoesWithTheShim) {
  ShimSetup setup;
  ASSERT_TRUE(setup.client.Call(Method("Version"), "").status.ok());
  EXPECT_EQ(ModeOf(setup.config.listen) & 07, 0u);
  EXPECT_FALSE(Daemon::Create(setup.config).ok());
  EXPECT_TRUE(std::filesystem::exists(setup.config.listen));
  setup.shim->Shutdown();
  EXPECT_FALSE(std::filesystem::exists(setup.config.listen));
}

TEST(ListenerTest, SomebodyElsesSocketStays) {
  const TempDir dir;
  const std::string path = dir.File("shim.sock");
  auto listener = Listener::Open(path);
  ASSERT_TRUE(listener.ok());
  // Bound elsewhere and moved here, so that it is not the same inode anew.
  const int other = Bind(dir.File("other.sock"));
  std::filesystem::rename(dir.File("other.sock"), path);
  listener->reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  close(other);
}

}  // namespace
}  // namespace sidecar_shim::testing
