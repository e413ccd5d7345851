#include "tests/support/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sidecar_shim::testing {
namespace {

// The head of one request. The client sends no bodies.
std::optional<SeenRequest> ReadRequest(int fd) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (recv(fd, &byte, 1, 0) != 1) return std::nullopt;
    head += byte;
  }
  SeenRequest request;
  for (const absl::string_view line : absl::StrSplit(head, "\r\n", absl::SkipEmpty())) {
    if (request.target.empty()) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      request.target = words.size() > 1 ? words[1] : "";
      continue;
    }
    const std::pair<std::string, std::string> header = absl::StrSplit(line, absl::MaxSplits(':', 1));
    request.headers[absl::AsciiStrToLower(header.first)] =
        std::string(absl::StripAsciiWhitespace(header.second));
  }
  return request;
}

}  // namespace

bool HttpExchange::Write(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent = send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += static_cast<size_t>(sent);
  }
  return true;
}

void HttpExchange::Reply(int code, const std::string& body) {
  Write(absl::StrCat("HTTP/1.1 ", code, " Scripted\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
}

void HttpExchange::Redirect(const std::string& location) {
  Write(absl::StrCat("HTTP/1.1 302 Found\r\nLocation: ", location, "\r\nContent-Length: 0\r\n\r\n"));
}

bool HttpExchange::Begin() { return Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }

bool HttpExchange::Piece(const std::string& data) {
  return Write(absl::StrCat(absl::Hex(data.size()), "\r\n", data, "\r\n"));
}

void HttpExchange::End() { Write("0\r\n\r\n"); }

void HttpExchange::Cut() { shutdown(fd_, SHUT_RDWR); }

void HttpExchange::AwaitHangUp() {
  char byte = 0;
  while (recv(fd_, &byte, 1, 0) > 0) {
  }
}

HttpServer::HttpServer(Serve serve, const LoopbackPort& port)
    : serve_(std::move(serve)),
      listener_(port.Listen()),
      port_(port.number()),
      thread_([this] { Accept(); }) {}

HttpServer::~HttpServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  std::list<Connection> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(connections_);
  }
  for (const Connection& connection : left) shutdown(connection.fd, SHUT_RDWR);
  for (Connection& connection : left) {
    connection.thread.join();
    close(connection.fd);
  }
}

std::vector<SeenRequest> HttpServer::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void HttpServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const std::lock_guard lock(mutex_);
    connections_.push_back({fd, std::thread([this, fd] { Handle(fd); })});
  }
}

void HttpServer::Handle(int fd) {
  while (const std::optional<SeenRequest> request = ReadRequest(fd)) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(*request);
    }
    HttpExchange exchange(fd);
    serve_(*request, exchange);
  }
  // The descriptor is closed with the server, so that its number stays taken.
  shutdown(fd, SHUT_RDWR);
}

}  // namespace sidecar_shim::testing
