#include "tests/support/log_capture.h"

#include <spdlog/sinks/sink.h>

#include <mutex>
#include <utility>

namespace sidecar_shim::testing {

class LogCapture::Sink : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const spdlog::string_view_t level = spdlog::level::to_string_view(message.level);
    const std::lock_guard lock(mutex_);
    text_.append(level.data(), level.size()).append(": ");
    text_.append(message.payload.data(), message.payload.size()).append("\n");
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

LogCapture::LogCapture() : before_(spdlog::default_logger()), sink_(std::make_shared<Sink>()) {
  auto logger = std::make_shared<spdlog::logger>("capture", sink_);
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

LogCapture::~LogCapture() { spdlog::set_default_logger(before_); }

std::string LogCapture::text() const { return sink_->text(); }

}  // namespace sidecar_shim::testing
