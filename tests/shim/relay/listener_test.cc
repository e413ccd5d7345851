#include "shim/relay/listener.h"

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

#include "shim/base/unix_socket.h"
#include "tests/support/relay_support.h"

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

TEST(ListenerTest, FileThatIsNoSocketStays) {
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

TEST(ListenerTest, SocketIsRemovedWithTheShim) {
  ShimSetup setup;
  ASSERT_TRUE(setup.client.Call(Method("Version"), "").status.ok());
  EXPECT_EQ(ModeOf(setup.config.listen) & 07, 0u);
  EXPECT_FALSE(Daemon::Create(setup.config).ok());
  EXPECT_TRUE(std::filesystem::exists(setup.config.listen));
  setup.shim->Shutdown();
  EXPECT_FALSE(std::filesystem::exists(setup.config.listen));
}

TEST(ListenerTest, MakesTheDirectoryThatIsMissing) {
  const TempDir dir;
  const std::string path = dir.File("run/sidecar-shim/cri.sock");
  const auto listener = Listener::Open(path);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(std::filesystem::is_socket(path));
  EXPECT_EQ(ModeOf(dir.File("run/sidecar-shim")) & 0700, 0700u);
}

TEST(ListenerTest, NamesTheDirectoryThatCannotBeMade) {
  const TempDir dir;
  std::ofstream(dir.File("file")) << "no directory";
  const auto listener = Listener::Open(dir.File("file/below/cri.sock"));
  ASSERT_FALSE(listener.ok());
  EXPECT_THAT(std::string(listener.status().message()), HasSubstr(dir.File("file/below")));
}

// A connection attempt on a socket without an accepting process would hang.
TEST(ListenerTest, SocketIsRemovedAtTheStartOfTheDrain) {
  ShimSetup setup;
  setup.config.shutdown_grace = kTestTimeout;
  setup.RestartShim();
  setup.runtime.Hang(Method("ExecSync"));
  auto call = setup.client.Begin(Method("ExecSync"), "");
  ASSERT_TRUE(Eventually([&] { return setup.runtime.Hanging() == 1; }));
  setup.shim->BeginShutdown();
  ASSERT_TRUE(Eventually([&] { return !std::filesystem::exists(setup.config.listen); }));
  // Still draining: no second shim meanwhile.
  EXPECT_FALSE(Listener::Open(setup.config.listen).ok());
  Client late(setup.config.listen);
  EXPECT_EQ(late.Call(Method("Version"), "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(setup.runtime.Hanging(), 1u);
  setup.runtime.Release(Method("ExecSync"));
  EXPECT_EQ(call->Wait().status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(ListenerTest, StoppedListenerTurnsConnectionsAway) {
  const TempDir dir;
  const std::string path = dir.File("shim.sock");
  const auto listener = Listener::Open(path);
  ASSERT_TRUE(listener.ok());
  ASSERT_TRUE(IsListening(path));
  (*listener)->Stop();
  EXPECT_FALSE(IsListening(path));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenerTest, SocketOfAnotherProcessStays) {
  const TempDir dir;
  const std::string path = dir.File("shim.sock");
  auto listener = Listener::Open(path);
  ASSERT_TRUE(listener.ok());
  // Bound elsewhere and moved here, so that the inode is surely another one.
  const int other = Bind(dir.File("other.sock"));
  std::filesystem::rename(dir.File("other.sock"), path);
  listener->reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  close(other);
}

}  // namespace
}  // namespace sidecar_shim::testing
