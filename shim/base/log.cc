#include "shim/base/log.h"

#include <grpc/support/log.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace sidecar_shim {
namespace {

constexpr const char* kTextLine = "%Y-%m-%dT%H:%M:%S.%e %l %v";
constexpr const char* kJsonTime = "%Y-%m-%dT%H:%M:%S.%e%z";

// A log line may quote bytes that come from elsewhere (an exit message, a file's name, a reply): they need
// not be UTF-8, which JSON must be.
class JsonLineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t time;
    time_.format(message, time);
    const spdlog::string_view_t level = spdlog::level::to_string_view(message.level);
    const nlohmann::ordered_json line = {
        {"time", std::string(time.data(), time.size())},
        {"level", std::string(level.data(), level.size())},
        {"message", std::string(message.payload.data(), message.payload.size())},
    };
    const std::string text =
        line.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLineFormatter>(); }

 private:
  spdlog::pattern_formatter time_{kJsonTime, spdlog::pattern_time_type::local, /*eol=*/""};
};

}  // namespace

bool IsLogLevel(const std::string& level) {
  return level == "debug" || level == "info" || level == "warn" || level == "error";
}

void SetUpLog(const std::string& level, const std::string& format) {
  auto logger =
      std::make_shared<spdlog::logger>("sidecar-shim", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (format == "json") {
    logger->set_formatter(std::make_unique<JsonLineFormatter>());
  } else {
    logger->set_pattern(kTextLine);
  }
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
  // gRPC's messages about a connection are also in the status of the call that fails.
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace sidecar_shim
