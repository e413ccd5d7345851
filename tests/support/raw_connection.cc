#include "tests/support/raw_connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "shim/base/unix_socket.h"

namespace sidecar_shim::testing {
namespace {

[[noreturn]] void Die(const char* what, const std::string& path) {
  std::perror((std::string(what) + " " + path).c_str());
  std::abort();
}

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// False at the deadline.
bool WaitFor(int fd, short events, std::chrono::steady_clock::time_point deadline) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, static_cast<int>(std::max<int64_t>(rest.count(), 0))) > 0;
}

}  // namespace

uint32_t Frame::code() const {
  return payload.size() < 4 ? 0
                            : FromBigEndian(std::string_view(payload).substr(is(NGHTTP2_GOAWAY) ? 4 : 0, 4));
}

std::string Frame::field(const std::string& name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return "";
}

struct RawConnection::Inflater {
  Inflater() { nghttp2_hd_inflate_new(&inflater); }
  ~Inflater() { nghttp2_hd_inflate_del(inflater); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Fields Decode(std::string_view block) {
    Fields fields;
    const auto* at = reinterpret_cast<const uint8_t*>(block.data());
    const uint8_t* const end = at + block.size();
    for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
      nghttp2_nv field;
      flags = 0;
      const ssize_t taken =
          nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, static_cast<size_t>(end - at), 1);
      if (taken < 0) break;
      at += taken;
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
      fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                          std::string(reinterpret_cast<char*>(field.value), field.valuelen));
    }
    nghttp2_hd_inflate_end_headers(inflater);
    return fields;
  }

  nghttp2_hd_inflater* inflater = nullptr;
};

RawConnection::RawConnection(int fd) : fd_(fd), inflater_(std::make_unique<Inflater>()) {
  fcntl(fd_, F_SETFL, O_NONBLOCK);
}

RawConnection::~RawConnection() { close(fd_); }

std::unique_ptr<RawConnection> RawConnection::To(const std::string& path) {
  const sockaddr_un address = *UnixAddress(path);
  const int fd = NewSocket();
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Die("connect", path);
  return std::make_unique<RawConnection>(fd);
}

std::unique_ptr<RawConnection> RawConnection::ShakenHands(const std::string& path,
                                                          const SettingList& settings) {
  std::unique_ptr<RawConnection> connection = To(path);
  connection->Send(std::string(kPreface) + SettingsFrame(settings));
  connection->ReadUntil([](const Frame& frame) { return frame.is(NGHTTP2_SETTINGS); });
  connection->Send(SettingsAck());
  return connection;
}

bool RawConnection::Flush() {
  size_t done = 0;
  while (done < unsent_.size()) {
    const ssize_t sent = send(fd_, unsent_.data() + done, unsent_.size() - done, MSG_NOSIGNAL);
    if (sent < 0) break;
    done += static_cast<size_t>(sent);
  }
  const bool open = done == unsent_.size() || errno == EAGAIN;
  unsent_.erase(0, open ? done : std::string::npos);
  // Tests measure the process's memory.
  if (unsent_.empty()) unsent_.shrink_to_fit();
  return open;
}

bool RawConnection::Send(std::string_view bytes, std::chrono::milliseconds patience) {
  unsent_ += bytes;
  while (Flush()) {
    if (unsent_.empty()) return true;
    if (!WaitFor(fd_, POLLOUT, Clock::now() + patience)) return false;
  }
  return false;
}

bool RawConnection::Fill(size_t size, Clock::time_point deadline) {
  char chunk[65536];
  while (buffer_.size() < size) {
    Flush();
    const ssize_t got = recv(fd_, chunk, sizeof(chunk), 0);
    if (got > 0) {
      buffer_.append(chunk, static_cast<size_t>(got));
    } else if (got == 0 || errno != EAGAIN) {
      closed_ = true;  // ECONNRESET too: the peer has closed without reading all
      return false;
    } else if (!WaitFor(fd_, static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT), deadline)) {
      return false;
    }
  }
  return true;
}

std::optional<Frame> RawConnection::ReadOne(Clock::time_point deadline) {
  if (!Fill(kFrameHeader, deadline)) return std::nullopt;
  const std::string_view head(buffer_);
  const size_t length = FromBigEndian(head.substr(0, 3));
  if (!Fill(kFrameHeader + length, deadline)) return std::nullopt;
  Frame frame;
  frame.type = static_cast<uint8_t>(buffer_[3]);
  frame.flags = static_cast<uint8_t>(buffer_[4]);
  frame.stream = FromBigEndian(std::string_view(buffer_).substr(5, 4)) & kMaxWindow;
  frame.payload = buffer_.substr(kFrameHeader, length);
  buffer_.erase(0, kFrameHeader + length);
  return frame;
}

std::optional<Frame> RawConnection::Read(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  std::optional<Frame> frame = ReadOne(deadline);
  if (!frame) return frame;
  if (frame->is(NGHTTP2_HEADERS)) {
    while ((frame->flags & NGHTTP2_FLAG_END_HEADERS) == 0) {
      const std::optional<Frame> more = ReadOne(deadline);
      if (!more) return std::nullopt;
      frame->payload += more->payload;
      frame->flags |= more->flags & NGHTTP2_FLAG_END_HEADERS;
    }
    // Neither gRPC nor nghttp2 pads; nghttp2 as a client may send a priority.
    const size_t skipped = (frame->flags & NGHTTP2_FLAG_PRIORITY) != 0 ? 5 : 0;
    frame->fields = inflater_->Decode(std::string_view(frame->payload).substr(skipped));
  }
  Note(*frame);
  return frame;
}

void RawConnection::Note(const Frame& frame) {
  if (frame.is(NGHTTP2_GOAWAY)) go_away_ = frame.code();
  if (!frame.is(NGHTTP2_SETTINGS)) return;
  constexpr size_t kEntry = 6;
  const std::string_view payload(frame.payload);
  for (size_t at = 0; at + kEntry <= payload.size(); at += kEntry) {
    const auto id = static_cast<uint16_t>(FromBigEndian(payload.substr(at, 2)));
    settings_[id] = FromBigEndian(payload.substr(at + 2, 4));
  }
}

std::optional<Frame> RawConnection::ReadUntil(const std::function<bool(const Frame&)>& wanted,
                                              std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    std::optional<Frame> frame = Read(std::max(rest, std::chrono::milliseconds(0)));
    if (!frame || wanted(*frame)) return frame;
  }
}

bool RawConnection::ReadPreface() {
  if (!Fill(kPreface.size(), Clock::now() + kTestTimeout)) return false;
  const bool good = buffer_.compare(0, kPreface.size(), kPreface) == 0;
  buffer_.erase(0, kPreface.size());
  return good;
}

Ending RawConnection::WaitForEnd(std::chrono::milliseconds timeout) {
  ReadUntil([](const Frame&) { return false; }, timeout);
  return {closed_, go_away_};
}

bool RawConnection::Alive() {
  constexpr std::string_view kMark = "are you?";
  // Where the peer does not read now, it does so once its answers are read.
  Send(FrameBytes(NGHTTP2_PING, 0, 0, kMark), std::chrono::milliseconds(0));
  return ReadUntil([&](const Frame& frame) {
           return frame.is(NGHTTP2_PING) && (frame.flags & NGHTTP2_FLAG_ACK) != 0 && frame.payload == kMark;
         })
      .has_value();
}

uint32_t RawConnection::PeerSetting(uint16_t id, uint32_t otherwise) const {
  const auto found = settings_.find(id);
  return found == settings_.end() ? otherwise : found->second;
}

void RawConnection::Abort() { shutdown(fd_, SHUT_RDWR); }

RawListener::RawListener(const std::string& path) : path_(path), fd_(NewSocket()) {
  const sockaddr_un address = *UnixAddress(path);
  unlink(path.c_str());
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Die("bind", path);
  if (listen(fd_, 128) != 0) Die("listen", path);
}

RawListener::~RawListener() {
  close(fd_);
  unlink(path_.c_str());
}

std::unique_ptr<RawConnection> RawListener::Accept() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  return fd < 0 ? nullptr : std::make_unique<RawConnection>(fd);
}

// A listening unix socket that is shut down wakes those who accept.
void RawListener::Close() { shutdown(fd_, SHUT_RDWR); }

}  // namespace sidecar_shim::testing
