#include "shim/run/timeline_gantt.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "shim/run/timeline_format.h"

namespace sidecar_shim::run {
namespace {

constexpr int kMinWidth = 60;
constexpr int kExitWidth = 10;  // " 143 -> 0"
constexpr absl::string_view kWaiting = "░";
constexpr absl::string_view kMaking = "▒";
constexpr absl::string_view kRunning = "█";
// The left eighths of a cell, for a bar's last one.
constexpr absl::string_view kEighths[] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

// Maps times to columns of the chart.
class Scale {
 public:
  Scale(const Timeline& timeline, int columns)
      : start_(timeline.start),
        seconds_(std::max(absl::ToDoubleSeconds(timeline.end - timeline.start), 0.001)),
        columns_(columns) {}

  double Position(absl::Time time) const {
    return std::clamp(absl::ToDoubleSeconds(time - start_) / seconds_, 0.0, 1.0) * columns_;
  }
  double seconds() const { return seconds_; }
  int columns() const { return columns_; }

 private:
  absl::Time start_;
  double seconds_;
  int columns_;
};

class Bar {
 public:
  explicit Bar(const Scale& scale) : scale_(scale), cells_(scale.columns(), " ") {}

  // Whole cells from `from` to before `to`.
  void Fill(absl::Time from, absl::Time to, absl::string_view glyph) {
    int first = std::floor(scale_.Position(from));
    int last = std::ceil(scale_.Position(to));
    for (int i = first; i < std::min(last, scale_.columns()); ++i) cells_[i] = glyph;
  }
  // Shows at least a part of one cell; the last cell is in eighths.
  void Run(absl::Time from, absl::Time to) {
    double end = scale_.Position(to);
    int first = std::min<int>(std::floor(scale_.Position(from)), scale_.columns() - 1);
    int whole = std::floor(end);
    for (int i = first; i < whole; ++i) cells_[i] = kRunning;
    const auto eighths = static_cast<int>(std::lround((end - whole) * 8));
    if (whole < scale_.columns() && whole >= first && (eighths > 0 || whole == first)) {
      cells_[whole] = kEighths[std::max(eighths, 1) - 1];
    }
  }
  // The bar with the label behind its last used cell.
  std::string Finish(absl::string_view label) const {
    size_t used = cells_.size();
    while (used > 0 && cells_[used - 1] == " ") --used;
    std::string line;
    for (size_t i = 0; i < used; ++i) absl::StrAppend(&line, cells_[i]);
    return label.empty() ? line : absl::StrCat(line, " ", label);
  }

 private:
  const Scale& scale_;
  std::vector<absl::string_view> cells_;
};

std::string BarOf(const Timeline& timeline, const TimelineRow& row, const Scale& scale) {
  Bar bar(scale);
  std::string label;
  for (const Attempt& attempt : row.attempts) {
    absl::Time created = Happened(attempt.created) ? attempt.created : timeline.end;
    absl::Time finished = Happened(attempt.finished) ? attempt.finished : timeline.end;
    absl::Time started = Happened(attempt.started) ? attempt.started
                                                   : finished;  // a container may exit without having started
    if (Happened(attempt.first_refused)) bar.Fill(attempt.first_refused, created, kWaiting);
    if (Happened(attempt.created)) bar.Fill(created, started, kMaking);
    if (Happened(attempt.started)) bar.Run(started, finished);
    label = attempt.exited ? ExitText(attempt) : "";
  }
  return bar.Finish(label);
}

std::string Axis(const Scale& scale, size_t indent) {
  double step = AxisStep(scale.seconds(), std::max(scale.columns() / 9, 2));
  std::vector<absl::string_view> line(scale.columns() + 1, "─");
  std::string labels;
  for (int i = 0; i * step <= scale.seconds() * 1.0001; ++i) {
    size_t column = std::lround(i * step / scale.seconds() * scale.columns());
    line[column] = i == 0 ? "└" : "┴";
    std::string label = absl::StrFormat("%g", i * step);
    if (i > 0) absl::StrAppend(&label, "s");
    if (column < labels.size() + (i > 0)) continue;
    labels.resize(column, ' ');
    absl::StrAppend(&labels, label);
  }
  std::string result(indent, ' ');
  for (absl::string_view glyph : line) absl::StrAppend(&result, glyph);
  return absl::StrCat(result, "\n", std::string(indent, ' '), labels, "\n");
}

}  // namespace

std::string RenderGantt(const Timeline& timeline, int width) {
  size_t name_width = 0;
  for (const TimelineRow& row : timeline.rows) name_width = std::max(name_width, row.name.size());
  name_width = std::min(name_width, kMaxNameWidth);
  Scale scale(timeline, std::max(width, kMinWidth) - static_cast<int>(name_width) - 2 - kExitWidth);
  std::string chart;
  for (const TimelineRow& row : timeline.rows) {
    absl::StrAppendFormat(&chart, "%-*s  %s\n", static_cast<int>(name_width),
                          Shortened(row.name, name_width, "~"), BarOf(timeline, row, scale));
  }
  absl::StrAppend(&chart, Axis(scale, name_width + 2));
  absl::StrAppend(&chart, std::string(name_width + 2, ' '), kWaiting, kWaiting, " waits  ", kMaking, kMaking,
                  " is made  ", kRunning, kRunning, " runs, then its exit code (-> as reported)\n");
  return chart;
}

}  // namespace sidecar_shim::run
