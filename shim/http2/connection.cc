#include "shim/http2/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "shim/http2/limits.h"
#include "shim/http2/session.h"

namespace sidecar_shim::http2 {
namespace {

// grpc-go measures the bandwidth with this ping, one for the first DATA after the last answer. Nothing waits
// for the answer as long as windows are open, so that it can share a write with the response.
constexpr uint8_t kBandwidthPing[] = {2, 4, 16, 16, 9, 14, 7, 7};
constexpr Duration kLatestAnswer = std::chrono::milliseconds(10);

constexpr uint8_t kDrainPing[] = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};
constexpr Duration kLatestDrainAnswer = std::chrono::seconds(1);

constexpr size_t kPingSize = 8;
// What is parsed before the number of new streams is looked at.
constexpr size_t kPiece = 16 * 1024;

// The GOAWAY for what nghttp2 gives up on without one of its own.
uint32_t GoawayCode(ssize_t error) {
  // Of the callbacks only that for pings fails, where too many answers wait.
  if (error == NGHTTP2_ERR_FLOODED || error == NGHTTP2_ERR_CALLBACK_FAILURE) return NGHTTP2_ENHANCE_YOUR_CALM;
  return error == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_INTERNAL_ERROR;
}

// A large message then takes fewer turns. Without root the socket keeps what it has.
void EnlargeSendBuffer(int fd) {
  constexpr int kBytes = 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kBytes, sizeof kBytes);
}

}  // namespace

Connection::Connection(Loop& loop, BlockPool& pool, Role role, int fd, ConnectionObserver& observer)
    : loop_(loop),
      pool_(pool),
      role_(role),
      observer_(observer),
      fd_(-1),
      flush_(loop, [this] { Flush(); }),
      greeting_timer_(loop),
      rest_timer_(loop),
      ping_timer_(loop),
      drain_timer_(loop) {
  session_ = MakeSession(role, *this);
  if (fd >= 0) Attach(fd);
}

Connection::~Connection() {
  if (state_ != State::kClosed) End("");
  nghttp2_session_del(session_);
}

void Connection::Attach(int fd) {
  fd_ = fd;
  state_ = State::kGreeting;
  EnlargeSendBuffer(fd);
  watch_.emplace(loop_, fd, true, false, static_cast<Loop::Watch::Observer&>(*this));
  const Duration patience = role_ == Role::kServer ? kClientGreeting : kServerGreeting;
  greeting_timer_.Start(loop_.Now() + patience, [this] {
    fault_ = role_ == Role::kServer ? "it sent no HTTP/2 preface and SETTINGS in time"
                                    : "it accepts connections but does not speak HTTP/2";
    Close(fault_);
  });
  flush_.Schedule();
}

Stream& Connection::AddStream(StreamObserver* observer) {
  streams_.push_front(std::make_unique<Stream>(*this, observer));
  streams_.front()->place_ = streams_.begin();
  ++open_streams_;
  return *streams_.front();
}

Stream& Connection::Open(const HeaderBlock& block, bool end, StreamObserver& observer) {
  Stream& stream = AddStream(&observer);
  stream.end_queued_ = end;
  block.FillNv(fields_);
  const nghttp2_data_provider source = stream.Source();
  stream.id_ = nghttp2_submit_request(session_, nullptr, fields_.data(), fields_.size(),
                                      end ? nullptr : &source, &stream);
  flush_.Schedule();
  return stream;
}

bool Connection::AcceptsStreams() const {
  return state_ != State::kClosed && nghttp2_session_check_request_allowed(session_) != 0;
}

void Connection::OnReady(bool can_read, bool can_write) {
  if (can_write) flush_.Schedule();
  // Where this side does not read, it is an error or the end.
  if (can_read && rest_.empty()) ReadSocket();
}

void Connection::ReadLast() {
  while (state_ != State::kClosed && fault_.empty() && rest_.empty() && ReadSocket()) {
  }
}

bool Connection::ReadSocket() {
  Block* const block = pool_.Take();
  const ssize_t count = recv(fd_, block->data(), block->capacity(), MSG_DONTWAIT);
  if (count > 0) {
    new_streams_ = 0;
    observer_.OnReceived();
    Parse(Slice(*block, block->data(), static_cast<size_t>(count)));
  } else if (count == 0) {
    Close(fault_);
  } else if (errno != EAGAIN && errno != EINTR) {
    Close(std::strerror(errno));
  }
  block->Unref();
  return count > 0;
}

void Connection::Parse(Slice bytes) {
  while (!bytes.empty()) {
    if (new_streams_ >= kNewStreamsOfATurn) {
      rest_ = std::move(bytes);
      rest_timer_.Start(loop_.Now(), [this] { ParseRest(); });
      break;
    }
    parsing_ = bytes.Prefix(std::min(bytes.size(), kPiece));
    const ssize_t used = nghttp2_session_mem_recv(session_, parsing_.data(), parsing_.size());
    if (used < 0) {
      parsing_ = Slice();
      Fail(used);
      return;
    }
    bytes.RemovePrefix(parsing_.size());
    parsing_ = Slice();
  }
  flush_.Schedule();
}

void Connection::ParseRest() {
  new_streams_ = 0;
  Parse(std::exchange(rest_, Slice()));
}

void Connection::Flush() {
  if (state_ == State::kClosed) return;
  bool more = true;
  while (more) {
    const size_t before = output_.size();
    if (!FillOutput()) return;
    more = output_.size() > before;
    if (fd_ < 0) return;  // Attach() comes back here
    int error = 0;
    const OutputQueue::Result result = output_.WriteTo(fd_, error);
    if (result == OutputQueue::Result::kBroken) {
      ReadLast();
      Close(fault_.empty() ? std::strerror(error) : fault_);
      return;
    }
    more = more && result == OutputQueue::Result::kEmpty;
  }
  AfterFlush();
}

void Connection::AfterFlush() {
  Rewatch();
  if (tells_relief_ && !congested()) {
    tells_relief_ = false;
    observer_.OnRelieved();
  }
  if (output_.size() > 0) return;
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
    Close(fault_);
  } else if (open_streams_ == 0) {
    observer_.OnIdle();
  }
}

void Connection::Rewatch() { watch_->Want(reading_ && rest_.empty(), output_.size() > 0); }

void Connection::SetReading(bool reading) {
  reading_ = reading;
  if (watch_) Rewatch();
}

bool Connection::congested() {
  const bool congested = output_.size() > kCongestedUnsent || waiting_ > kMostWaiting;
  tells_relief_ = tells_relief_ || congested;
  return congested;
}

bool Connection::FillOutput() {
  while (output_.size() < kUnsentLimit) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) {
      Close(nghttp2_strerror(static_cast<int>(size)));
      return false;
    }
    if (size == 0) break;
    output_.Append(data, static_cast<size_t>(size));
  }
  if (late_pings_ == 0 || (output_.size() == 0 && waiting_ == 0)) return true;
  AcknowledgeLatePings();
  return FillOutput();
}

void Connection::Fail(ssize_t error) {
  fault_ = nghttp2_strerror(static_cast<int>(error));
  nghttp2_session_terminate_session(session_, GoawayCode(error));
  Flush();  // once: what the peer does not take now, it does not get
  Close(fault_);
}

void Connection::Close(const std::string& error) {
  if (state_ == State::kClosed) return;
  End(error);
  observer_.OnConnectionClosed(error);
}

void Connection::End(const std::string& error) {
  state_ = State::kClosed;
  error_ = error;
  for (Loop::Timer* timer : {&greeting_timer_, &rest_timer_, &ping_timer_, &drain_timer_}) timer->Cancel();
  watch_.reset();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  // Each stream belongs to its observer from now on, if it has one.
  while (!streams_.empty()) {
    std::unique_ptr<Stream> stream = std::move(streams_.front());
    streams_.pop_front();
    stream->connection_ = nullptr;
    if (stream->observer_ == nullptr) continue;
    Stream& orphan = *stream.release();
    const bool at_fault = orphan.id_ == headers_of_;
    if (std::exchange(orphan.closed_, true)) continue;
    orphan.observer_->OnClosed(Closed::kConnection, at_fault ? NGHTTP2_COMPRESSION_ERROR : NGHTTP2_NO_ERROR);
  }
  open_streams_ = 0;
}

void Connection::OnSettings() {
  if (state_ != State::kGreeting) return;
  state_ = State::kOpen;
  greeting_timer_.Cancel();
}

bool Connection::OnPing(const uint8_t* payload, bool answer) {
  if (answer) {
    if (draining_ && std::memcmp(payload, kDrainPing, kPingSize) == 0) FinishDrain();
    return true;
  }
  const bool may_wait = std::memcmp(payload, kBandwidthPing, kPingSize) == 0 && late_pings_ == 0;
  if (!may_wait) return nghttp2_submit_ping(session_, NGHTTP2_FLAG_ACK, payload) == 0;
  ++late_pings_;
  // Left running when the answer has gone earlier: the next ping comes soon.
  if (ping_timer_.pending()) return true;
  ping_timer_.Start(loop_.Now() + kLatestAnswer, [this] { AcknowledgeLatePings(); });
  return true;
}

void Connection::AcknowledgeLatePings() {
  for (; late_pings_ > 0; --late_pings_) nghttp2_submit_ping(session_, NGHTTP2_FLAG_ACK, kBandwidthPing);
  flush_.Schedule();
}

void Connection::Drain() {
  if (state_ == State::kClosed || std::exchange(draining_, true)) return;
  nghttp2_submit_shutdown_notice(session_);
  drain_timer_.Start(loop_.Now() + kLatestDrainAnswer, [this] { FinishDrain(); });
  flush_.Schedule();
}

void Connection::OnGoawaySent() {
  if (!turned_away_) nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kDrainPing);
}

void Connection::FinishDrain() {
  drain_timer_.Cancel();
  if (std::exchange(turned_away_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  flush_.Schedule();
}

}  // namespace sidecar_shim::http2
