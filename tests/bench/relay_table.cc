#include "tests/bench/relay_table.h"

#include <cmath>
#include <cstdio>

#include "tests/bench/relays.h"

namespace sidecar_shim::bench {

namespace {

// At most five characters below 100 s.
std::string ShowTime(double microseconds) {
  char text[32];
  if (std::abs(microseconds) < 99999.5 && microseconds > -9999.5)
    std::snprintf(text, sizeof(text), "%.0f", microseconds);
  else if (std::abs(microseconds) < 999500)
    std::snprintf(text, sizeof(text), "%.0fms", microseconds / 1e3);
  else
    std::snprintf(text, sizeof(text), "%.1fs", microseconds / 1e6);
  return text;
}

// Where nothing is added to speak of, neither is a share of it.
std::string ShowPercent(double part, double whole) {
  char text[32] = "-";
  if (whole > 0) std::snprintf(text, sizeof(text), "%.0f%%", 100 * part / whole);
  return text;
}

const Figures* Find(const std::vector<Figures>& figures, const std::string& way) {
  for (const Figures& each : figures) {
    if (each.way == way) return &each;
  }
  return nullptr;
}

}  // namespace

void PrintHead(const std::vector<std::string>& relays) {
  bool with_grpc_go = false;
  std::printf(
      "us. +p50, +p99: added to direct; p50: in all; CPU: of the relay, per call. Shares are the shim's: of "
      "grpc-go's +p50\nand CPU; of raw's p50\n");
  std::printf("%-7s %2s %5s", "", "", "");
  for (const std::string& relay : relays) {
    std::printf(" | %-29s", relay.c_str());
    with_grpc_go |= relay == kGrpcGo;
  }
  std::printf(" |%s /raw\n", with_grpc_go ? "  /grpc-go" : "");
  std::printf("%-7s %2s %5s", "call", "at", "p50");
  for (size_t i = 0; i < relays.size(); ++i)
    std::printf(" | %5s %5s %5s %5s %5s", "+p50", "+p99", "p50", "CPU", "c/s");
  std::printf(" |%s  p50\n", with_grpc_go ? " +p50  CPU" : "");
}

void PrintLine(const std::string& load, int concurrency, const std::vector<Figures>& figures) {
  std::printf("%-7s %2d %5s", load.c_str(), concurrency, ShowTime(figures[0].p50).c_str());
  for (size_t i = 1; i < figures.size(); ++i) {
    const Figures& relay = figures[i];
    std::printf(" | %5s %5s %5s %5s %5.0f", ShowTime(relay.added_p50).c_str(),
                ShowTime(relay.added_p99).c_str(), ShowTime(relay.p50).c_str(), ShowTime(relay.cpu).c_str(),
                relay.rate);
  }
  const Figures& raw = *Find(figures, kRaw);
  const Figures& shim = *Find(figures, kShim);
  std::printf(" |");
  if (const Figures* grpc_go = Find(figures, kGrpcGo)) {
    std::printf(" %4s %4s", ShowPercent(shim.added_p50, grpc_go->added_p50).c_str(),
                ShowPercent(shim.cpu, grpc_go->cpu).c_str());
  }
  std::printf(" %4.2f\n", shim.p50 / raw.p50);
  std::fflush(stdout);
}

}  // namespace sidecar_shim::bench
