// Callers whose headers are large, or become large. Each call is answered or refused in some way; other
// callers and the process's memory do not notice.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/support/abuse_support.h"

namespace sidecar_shim::testing {
namespace {

struct Bomb {
  std::string name;
  std::string block;  // fields after the request's own
  uint32_t calls = 1;
};

void PrintTo(const Bomb& bomb, std::ostream* out) { *out << bomb.name; }

class HeaderBomb : public ::testing::TestWithParam<Bomb> {};

// The answers and refusals of `calls` calls have arrived, or the connection has ended.
bool AllEnded(RawConnection& caller, uint32_t calls) {
  for (uint32_t ended = 0; ended < calls;) {
    const std::optional<Frame> frame = caller.Read();
    if (!frame) {
      const Ending end = caller.WaitForEnd();
      EXPECT_NE(end.go_away.value_or(NGHTTP2_NO_ERROR), static_cast<uint32_t>(NGHTTP2_NO_ERROR));
      return end.closed;
    }
    if (frame->is(NGHTTP2_GOAWAY) && frame->code() != NGHTTP2_NO_ERROR) return caller.WaitForEnd().closed;
    if (frame->ends_stream() || frame->is(NGHTTP2_RST_STREAM)) ++ended;
  }
  return true;
}

TEST_P(HeaderBomb, IsAnsweredOrRefused) {
  AbuseSetup setup;
  // Records nothing: its memory is the process's too.
  setup.shim().runtime.On(kUnknown, [](const std::shared_ptr<RawCall>& call) {
    call->Read([call](bool, const std::string&) { call->Reply("ok"); });
  });
  auto caller = setup.Connect();
  Bystander bystander(setup.socket());
  const size_t before = ResidentBytes();
  for (uint32_t i = 0; i < GetParam().calls; ++i) {
    const uint32_t stream = 2 * i + 1;
    // The first block fills the table that the others refer to.
    const std::string block = RequestBlock(kUnknown, GetParam().block);
    const std::string message = DataFrame(stream, GrpcMessage("r"), NGHTTP2_FLAG_END_STREAM);
    if (!caller->Send(HeaderFrames(stream, block) + message)) break;
  }
  EXPECT_TRUE(AllEnded(*caller, GetParam().calls));
  EXPECT_LT(ResidentBytes(), before + kMemoryBound);
  caller.reset();
  bystander.Finish();
  EXPECT_TRUE(setup.NoLiveCalls());
  EXPECT_TRUE(setup.Works());
  setup.ExpectShortLog();
}

std::string ManyFields(size_t count) {
  std::string block;
  for (size_t i = 0; i < count; ++i) block += Field("field-" + std::to_string(i), std::to_string(i));
  return block;
}

// A field of 4 KB in the table, then references to it, of a byte each.
std::string References(size_t count) {
  constexpr size_t kTable = 4096;
  const size_t room = kTable - 32 - 4;
  return IndexedField("bomb", std::string(room, 'b')) + std::string(count, '\xbe');
}

INSTANTIATE_TEST_SUITE_P(
    Fields, HeaderBomb,
    ::testing::Values(Bomb{"HundredKibibytes", Field("large", std::string(100 * 1024, 'x'))},
                      Bomb{"Mebibyte", Field("large", std::string(1024 * 1024, 'x'))},
                      Bomb{"ThirtyTwoMebibytes", Field("large", std::string(32 * 1024 * 1024, 'x'))},
                      Bomb{"LongName", Field(std::string(100 * 1024, 'n'), "x")},
                      Bomb{"TenThousandFields", ManyFields(10'000)},
                      Bomb{"MillionFields", Repeated(Field("a", "b"), 1'000'000)},
                      Bomb{"ReferencesOfSixtyMebibytes", References(16'000)},
                      Bomb{"ReferencesInManyCalls", References(2'000), 20}),
    [](const ::testing::TestParamInfo<Bomb>& info) { return info.param.name; });

}  // namespace
}  // namespace sidecar_shim::testing
