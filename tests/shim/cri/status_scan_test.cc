// What is scanned must never call a container running that a parser calls exited.
#include "shim/cri/status_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "cri.pb.h"

namespace sidecar_shim::testing {
namespace {

namespace cri = runtime::v1;

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string Varint(int field, uint64_t value) {
  return Varint(static_cast<uint64_t>(field) << 3).append(Varint(value));
}

std::string Bytes(int field, std::string_view value) {
  return Varint(static_cast<uint64_t>(field) << 3 | 2).append(Varint(value.size())).append(value);
}

constexpr int kStatus = cri::ContainerStatusResponse::kStatusFieldNumber;
constexpr int kState = cri::ContainerStatus::kStateFieldNumber;

std::string State(uint64_t state) { return Varint(kState, state); }
std::string Response(std::string_view status) { return Bytes(kStatus, status); }

TEST(StatusScanTest, EachState) {
  EXPECT_FALSE(MayHaveExited(Response(State(cri::CONTAINER_CREATED))));
  EXPECT_FALSE(MayHaveExited(Response(State(cri::CONTAINER_RUNNING))));
  EXPECT_TRUE(MayHaveExited(Response(State(cri::CONTAINER_EXITED))));
  EXPECT_FALSE(MayHaveExited(Response(State(cri::CONTAINER_UNKNOWN))));
  EXPECT_FALSE(MayHaveExited(Response(State(1000))));
}

// CONTAINER_CREATED, by proto3's rule.
TEST(StatusScanTest, WithoutAState) {
  EXPECT_FALSE(MayHaveExited(""));
  EXPECT_FALSE(MayHaveExited(Response("")));
  EXPECT_FALSE(MayHaveExited(Bytes(2, "info")));
}

TEST(StatusScanTest, WhereverTheStateIs) {
  const std::string before = Bytes(1, "some-id") + Varint(4, 77);
  const std::string after = Bytes(13, "/var/log/x") + Varint(99, 1);
  for (const bool exited : {false, true}) {
    const std::string state = State(exited ? cri::CONTAINER_EXITED : cri::CONTAINER_RUNNING);
    for (const std::string& status : {state, before + state, state + after, before + state + after}) {
      EXPECT_EQ(MayHaveExited(Response(status)), exited);
      EXPECT_EQ(MayHaveExited(Bytes(2, "info") + Response(status) + Bytes(1000, "new")), exited);
    }
  }
}

// The last one counts for a parser; that it may have exited is all that is promised.
TEST(StatusScanTest, Duplicates) {
  const std::string running = State(cri::CONTAINER_RUNNING);
  const std::string exited = State(cri::CONTAINER_EXITED);
  EXPECT_TRUE(MayHaveExited(Response(running + exited)));
  EXPECT_TRUE(MayHaveExited(Response(running) + Response(exited)));
  EXPECT_TRUE(MayHaveExited(Response(exited) + Response("")));
  EXPECT_FALSE(MayHaveExited(Response(running) + Response(running)));
}

TEST(StatusScanTest, UnknownFieldsMayHoldAnything) {
  const std::string exited = State(cri::CONTAINER_EXITED);
  EXPECT_FALSE(MayHaveExited(Response(Bytes(50, exited) + Bytes(51, Response(exited)))));
  EXPECT_FALSE(MayHaveExited(exited + Bytes(2, Response(exited))));         // not in the status
  const std::string group = std::string("\x9b\x06") + exited + "\x9c\x06";  // of field 99
  EXPECT_FALSE(MayHaveExited(Response(group)));
  EXPECT_TRUE(MayHaveExited(Response(group + exited)));
  EXPECT_FALSE(MayHaveExited(Response(std::string("\x09") + "12345678" + "\x15" + "1234")));  // fixed ones
}

// A field of another type is no state: a parser keeps it as unknown.
TEST(StatusScanTest, AStateOfAnotherType) {
  EXPECT_FALSE(MayHaveExited(Response(Bytes(kState, State(cri::CONTAINER_EXITED)))));
  EXPECT_FALSE(MayHaveExited(Varint(kStatus, 2)));
}

// A parser takes the low 32 bits of an enum, however the varint is written.
TEST(StatusScanTest, VarintsWithHighBits) {
  const uint64_t exited = cri::CONTAINER_EXITED;
  EXPECT_TRUE(MayHaveExited(Response(State(exited | 1ULL << 32))));
  EXPECT_TRUE(MayHaveExited(Response(State(exited | 0xffffffffULL << 32))));
  EXPECT_FALSE(MayHaveExited(Response(State(exited | 1ULL << 31))));
  EXPECT_FALSE(MayHaveExited(Response(State(~0ULL))));
  const std::string tag = Varint(static_cast<uint64_t>(kState) << 3);
  EXPECT_TRUE(MayHaveExited(Response(tag + std::string("\x82\x80\x80\x00", 4))));
  EXPECT_TRUE(MayHaveExited(Response(tag + std::string(10, '\x82'))));  // longer than any varint
}

TEST(StatusScanTest, TruncatedOrMalformedBytesMayMeanAnything) {
  cri::ContainerStatusResponse response;
  response.mutable_status()->set_id("some-id");
  response.mutable_status()->set_state(cri::CONTAINER_RUNNING);
  response.mutable_status()->set_created_at(1'234'567);
  const std::string bytes = response.SerializeAsString();
  ASSERT_FALSE(MayHaveExited(bytes));
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_TRUE(MayHaveExited(bytes.substr(0, size))) << size;
  }
  EXPECT_TRUE(MayHaveExited(bytes + '\0'));    // no field has the number 0
  EXPECT_TRUE(MayHaveExited(bytes + "\x0c"));  // the end of no group
  EXPECT_TRUE(MayHaveExited("\x0a\xff\xff\xff\xff\x0f"));
  EXPECT_TRUE(MayHaveExited(Response("\x0a\x05id")));  // reaches beyond the status
}

// The whole truth, for many states and places: what a parser says.
TEST(StatusScanTest, AgreesWithAParser) {
  for (int state = 0; state < 4; ++state) {
    for (int i = 0; i < 16; ++i) {
      cri::ContainerStatusResponse response;
      cri::ContainerStatus& status = *response.mutable_status();
      status.set_state(static_cast<cri::ContainerState>(state));
      if ((i & 1) != 0) status.set_id("\x10\x02");
      if ((i & 2) != 0) status.set_exit_code(2);
      if ((i & 4) != 0) status.set_finished_at(-1);
      if ((i & 8) != 0) (*status.mutable_annotations())["\x18\x02"] = "\x18\x02";
      EXPECT_EQ(MayHaveExited(response.SerializeAsString()), state == cri::CONTAINER_EXITED) << i;
    }
  }
}

}  // namespace
}  // namespace sidecar_shim::testing
