#include "tests/support/http2_side.h"

#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace sidecar_shim::testing {

http2::HeaderBlock MakeBlock(const Fields& fields) {
  http2::HeaderBlock block;
  for (const auto& [name, value] : fields) block.Add(name, value);
  return block;
}

Fields FieldsOf(const http2::HeaderBlock& block) {
  Fields fields;
  for (size_t i = 0; i < block.size(); ++i) fields.emplace_back(block.name(i), block.value(i));
  return fields;
}

namespace {

http2::HeaderBlock WithMore(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return MakeBlock(fields);
}

}  // namespace

http2::HeaderBlock RequestHeaders(const Fields& more) {
  return WithMore({{":method", "POST"},
                   {":scheme", "http"},
                   {":path", "/some.Service/Method"},
                   {":authority", "localhost"},
                   {"te", "trailers"},
                   {"content-type", "application/grpc"}},
                  more);
}

http2::HeaderBlock ResponseHeaders(const Fields& more) {
  return WithMore({{":status", "200"}, {"content-type", "application/grpc"}}, more);
}

void RecordedStream::OnHeaders(const http2::HeaderBlock& block, bool end) {
  blocks.push_back(FieldsOf(block));
  if (end) OnEnd();
}

void RecordedStream::OnData(Slice piece) {
  data.append(piece.view());
  if (consumes) stream->Consume(piece.size());
  if (on_data) on_data();
}

void RecordedStream::OnEnd() {
  ++ends;
  if (on_end) on_end();
}

void RecordedStream::OnClosed(http2::Closed how, uint32_t its_code) {
  ++closes;
  why = how;
  code = its_code;
}

Http2Side::Http2Side(Loop& loop, http2::Role role, int fd)
    : connection_(std::make_unique<http2::Connection>(loop, blocks_, role, fd,
                                                      static_cast<http2::ConnectionObserver&>(*this))) {}

RecordedStream& Http2Side::Open(bool end, const http2::HeaderBlock& headers) {
  RecordedStream& recorded = *streams_.emplace_back(std::make_unique<RecordedStream>());
  recorded.stream = &connection_->Open(headers, end, recorded);
  return recorded;
}

http2::StreamObserver* Http2Side::OnStream(http2::Stream& stream) {
  if (refuses) return nullptr;
  RecordedStream& recorded = *streams_.emplace_back(std::make_unique<RecordedStream>(&stream));
  on_stream(recorded);
  return &recorded;
}

void Http2Side::OnConnectionClosed(const std::string& why) {
  ++closes;
  error = why;
}

void RunTurns(FakeLoop& loop, int turns) {
  loop.RunUntil([turns]() mutable { return turns-- == 0; });
}

std::pair<int, int> SocketPair() {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) != 0) {
    std::perror("socketpair");
    std::abort();
  }
  return {sockets[0], sockets[1]};
}

}  // namespace sidecar_shim::testing
