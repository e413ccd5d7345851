#include "shim/http/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <string>

#include "shim/http/http_url.h"
#include "tests/support/client.h"
#include "tests/support/http_server.h"
#include "tests/support/loop_thread.h"
#include "tests/support/loopback_port.h"

namespace sidecar_shim::testing {
namespace {

using ::testing::HasSubstr;

class CurlClientTest : public ::testing::Test {
 protected:
  CurlClientTest() {
    loop_.Do([this] { http_ = std::make_unique<CurlClient>(loop_.loop()); });
  }
  ~CurlClientTest() override {
    loop_.Do([this] { http_.reset(); });
  }

  // What the client has reported so far.
  struct Received {
    std::optional<HttpResult> result;
    std::string data;
  };

  HttpClient::Id Send(const HttpRequest& request, bool stream = false) {
    HttpClient::Id id = 0;
    loop_.Do([&] {
      auto done = [this](const HttpResult& result) { received_.result = result; };
      auto on_data = [this](absl::string_view piece) { received_.data += std::string(piece); };
      id = stream ? http_->Send(request, done, on_data) : http_->Send(request, done);
    });
    return id;
  }

  Received Look() {
    Received copy;
    loop_.Do([&] { copy = received_; });
    return copy;
  }

  HttpResult Await() {
    EXPECT_TRUE(Eventually([this] { return Look().result.has_value(); }));
    return Look().result.value_or(HttpResult());
  }

  static HttpRequest To(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.timeout = kTestTimeout;
    return request;
  }

  LoopThread loop_;
  std::unique_ptr<CurlClient> http_;
  Received received_;  // loop thread only
};

TEST_F(CurlClientTest, Success) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.Reply(200, "hello"); });
  HttpRequest request = To(server.url() + "/path?a=b");
  request.headers.emplace_back("X-Own", "1");
  Send(request);
  const HttpResult result = Await();
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.code, 200);
  EXPECT_EQ(result.body, "hello");
  EXPECT_TRUE(HttpSuccess(result).ok());
  ASSERT_EQ(server.Seen().size(), 1u);
  EXPECT_EQ(server.Seen()[0].target, "/path?a=b");
  EXPECT_EQ(server.Seen()[0].headers["x-own"], "1");
}

TEST_F(CurlClientTest, HttpErrorIsNoTransportError) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.Reply(404, "none"); });
  Send(To(server.url()), /*stream=*/true);
  const HttpResult result = Await();
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.code, 404);
  EXPECT_FALSE(HttpSuccess(result).ok());
  // Only a successful answer is streamed.
  EXPECT_EQ(result.body, "none");
  EXPECT_EQ(Look().data, "");
}

TEST_F(CurlClientTest, RedirectsAreReportedNotFollowed) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.Redirect("/there"); });
  Send(To(server.url() + "/here"));
  const HttpResult result = Await();
  EXPECT_EQ(result.code, 302);
  EXPECT_EQ(result.redirect, server.url() + "/there");
  EXPECT_EQ(HttpHost(result.redirect), "127.0.0.1");
  EXPECT_EQ(server.Seen().size(), 1u);
}

TEST_F(CurlClientTest, ReadsNoMoreThanEnoughBody) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) {
    exchange.Begin();
    while (exchange.Piece(std::string(1000, 'x'))) {
    }
  });
  HttpRequest request = To(server.url());
  request.enough_body = 5000;
  request.headers.emplace_back("X-Empty", "");
  request.own_connection = true;
  Send(request);
  const HttpResult result = Await();
  EXPECT_TRUE(HttpSuccess(result).ok()) << result.status;
  EXPECT_LE(result.body.size(), 5000u);
  SeenRequest seen = server.Seen().at(0);
  EXPECT_EQ(seen.headers.count("x-empty"), 1u);
  EXPECT_EQ(seen.headers["connection"], "close");
}

TEST_F(CurlClientTest, Refused) {
  const LoopbackPort closed;
  Send(To(closed.url()));
  const HttpResult result = Await();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("127.0.0.1"));
}

TEST_F(CurlClientTest, Timeout) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.AwaitHangUp(); });
  HttpRequest request = To(server.url());
  request.timeout = std::chrono::milliseconds(20);
  Send(request);
  EXPECT_FALSE(Await().status.ok());
}

TEST_F(CurlClientTest, PiecesArriveInOrderBeforeTheEnd) {
  std::mutex gate;
  gate.lock();
  HttpServer server([&gate](const SeenRequest&, HttpExchange& exchange) {
    exchange.Begin();
    exchange.Piece("one ");
    exchange.Piece("two ");
    const std::lock_guard wait(gate);
    exchange.Piece("three");
    exchange.End();
  });
  Send(To(server.url()), /*stream=*/true);
  EXPECT_TRUE(Eventually([this] { return Look().data == "one two "; }));
  EXPECT_FALSE(Look().result);
  gate.unlock();
  EXPECT_TRUE(Await().status.ok());
  EXPECT_EQ(Look().data, "one two three");
  EXPECT_EQ(Look().result->body, "");
}

TEST_F(CurlClientTest, SilenceEndsAStream) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) {
    exchange.Begin();
    exchange.Piece("once");
    exchange.AwaitHangUp();
  });
  HttpRequest request = To(server.url());
  request.timeout = Duration{0};
  request.silence = std::chrono::milliseconds(50);
  Send(request, /*stream=*/true);
  const HttpResult result = Await();
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("nothing received for too long"));
  EXPECT_EQ(Look().data, "once");
}

TEST_F(CurlClientTest, CutStreamIsAnError) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) {
    exchange.Begin();
    exchange.Piece("half");
    exchange.Cut();
  });
  Send(To(server.url()), /*stream=*/true);
  EXPECT_FALSE(Await().status.ok());
}

TEST_F(CurlClientTest, CancelledRequestReportsNothing) {
  HttpServer server([](const SeenRequest& seen, HttpExchange& exchange) {
    if (seen.target == "/held") {
      exchange.AwaitHangUp();  // the client hangs up: the cancellation goes all the way
    } else {
      exchange.Reply(200, "other");
    }
  });
  const HttpClient::Id id = Send(To(server.url() + "/held"));
  EXPECT_TRUE(Eventually([&] { return server.Seen().size() == 1; }));
  loop_.Do([&] { http_->Cancel(id); });
  EXPECT_FALSE(Look().result);
  Send(To(server.url() + "/other"));
  EXPECT_EQ(Await().body, "other");
}

TEST_F(CurlClientTest, ServerNameKeepsTheAddress) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.Reply(200, "here"); });
  HttpRequest request = To(server.url() + "/x");
  request.server_name = "name.of.the.certificate";
  Send(request);
  EXPECT_EQ(Await().body, "here");
  EXPECT_EQ(server.Seen()[0].headers["host"], "127.0.0.1:" + std::to_string(server.port()));
}

TEST_F(CurlClientTest, ConnectOnly) {
  HttpServer server([](const SeenRequest&, HttpExchange&) {});
  HttpRequest request = To(server.url());
  request.connect_only = true;
  Send(request);
  EXPECT_TRUE(Await().status.ok());
  EXPECT_TRUE(server.Seen().empty());
}

TEST_F(CurlClientTest, StopCancelsRequestsInFlight) {
  HttpServer server([](const SeenRequest&, HttpExchange& exchange) { exchange.AwaitHangUp(); });
  Send(To(server.url()));
  EXPECT_TRUE(Eventually([&] { return server.Seen().size() == 1; }));
  loop_.Do([this] { http_->Stop(); });
  EXPECT_FALSE(Look().result);
}

}  // namespace
}  // namespace sidecar_shim::testing
