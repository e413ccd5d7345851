// A spec source on a loop, which a test queries and whose updates it records.
#ifndef SIDECAR_SHIM_TESTS_SUPPORT_SOURCE_SUPPORT_H_
#define SIDECAR_SHIM_TESTS_SUPPORT_SOURCE_SUPPORT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shim/base/counters.h"
#include "shim/base/worker.h"
#include "shim/http/curl_client.h"
#include "shim/specs/spec_source.h"
#include "tests/support/loop_thread.h"
#include "tests/support/shim_under_test.h"

namespace sidecar_shim::testing {

class SourceTest : public ::testing::Test {
 protected:
  // The first container of the spec and whether the pod is deleted; or "unknown",
  // "no answer".
  static std::string Brief(const absl::StatusOr<PodUpdate>& update) {
    if (absl::IsNotFound(update.status())) return "unknown";
    if (absl::IsDataLoss(update.status())) return "malformed";
    if (!update.ok()) return "no answer";
    const std::string first = update->spec.containers.empty() ? "empty" : update->spec.containers[0].name;
    return first + (update->terminating ? ", deleted" : "");
  }

  static policy::PodRef Ref(const std::string& name, const std::string& uid) { return {"ns", name, uid}; }

  SourceTest() {
    loop_.Do([this] { http_ = std::make_unique<CurlClient>(loop_.loop()); });
  }
  ~SourceTest() override {
    loop_.Do([this] {
      http_->Stop();
      worker_.Stop();
      source_.reset();
      http_.reset();
    });
  }

  // `make` builds the source, on the loop.
  template <typename Make>
  void Run(Make make) {
    loop_.Do([&] {
      source_ = make();
      source_->Follow([this](const policy::PodRef& pod, const PodUpdate& update) {
        updates_.push_back(pod.name + "/" + pod.uid + ": " + Brief(update));
      });
    });
  }

  // What Find answered by the time it returned; "" = not yet.
  std::string QueryAtOnce(const policy::PodRef& pod) {
    auto answer = std::make_shared<std::string>();
    return StartQuery(pod, answer);
  }

  std::string Query(const policy::PodRef& pod) { return Query(PodQuery{pod, {}}); }

  std::string Query(const PodQuery& query) {
    auto answer = std::make_shared<std::string>();
    StartQuery(query, answer);
    EXPECT_TRUE(Eventually([&] { return !Read(answer).empty(); }));
    return Read(answer);
  }

  // Sends a query, whose answer goes to `answer`; returns it if it is there at once.
  std::string StartQuery(const policy::PodRef& pod, const std::shared_ptr<std::string>& answer) {
    return StartQuery(PodQuery{pod, {}}, answer);
  }

  std::string StartQuery(const PodQuery& query, const std::shared_ptr<std::string>& answer) {
    std::string at_once;
    loop_.Do([&] {
      source_->Find(query, [answer](const absl::StatusOr<PodUpdate>& update) {
        EXPECT_EQ(*answer, "") << "answered twice";
        *answer = Brief(update);
      });
      at_once = *answer;
    });
    return at_once;
  }

  std::string Read(const std::shared_ptr<std::string>& answer) {
    std::string copy;
    loop_.Do([&] { copy = *answer; });
    return copy;
  }

  // What the source has published.
  std::vector<std::string> Updates() {
    std::vector<std::string> copy;
    loop_.Do([&] { copy = updates_; });
    return copy;
  }

  uint64_t Count(Counter Counters::*counter) {
    uint64_t count = 0;
    loop_.Do([&] { count = (counters_.*counter).value(); });
    return count;
  }

  TempDir dir_;
  LoopThread loop_;
  Worker worker_;
  // Loop thread only.
  Counters counters_;
  std::unique_ptr<CurlClient> http_;
  std::unique_ptr<SpecSource> source_;
  std::vector<std::string> updates_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_SUPPORT_SOURCE_SUPPORT_H_
