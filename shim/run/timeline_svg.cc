#include "shim/run/timeline_svg.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "shim/run/timeline_format.h"

namespace sidecar_shim::run {
namespace {

// Pixels.
constexpr double kWidth = 960;
constexpr double kPlotLeft = 200;
constexpr double kPlotRight = 850;
constexpr double kPlotTop = 74;
constexpr double kRowHeight = 40;
constexpr double kBarHeight = 20;
constexpr double kMinBar = 1.5;  // so that a short run is visible
// Characters that fit to the left of the plot.
constexpr size_t kMaxNameLength = 22;

constexpr char kStyle[] =
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:13px;"
    "fill:#24292f}"
    ".title{font-size:17px;font-weight:600}.small{font-size:11px;fill:#656d76}.name{font-weight:600}"
    ".grid{stroke:#e5e8eb}.axis{stroke:#afb8c1}.done{stroke:#cf222e;stroke-dasharray:4 3}";

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string ColorOf(absl::string_view role) {
  if (role == "sidecar") return "#1a7f8e";
  if (role == "main") return "#3567c4";
  return "#8250a8";  // init, native
}

class Svg {
 public:
  explicit Svg(const Timeline& timeline) : timeline_(timeline) {
    seconds_ = std::max(absl::ToDoubleSeconds(timeline.end - timeline.start), 0.001);
    bottom_ = kPlotTop + kRowHeight * static_cast<double>(timeline.rows.size());
  }

  std::string Render() {
    double height = bottom_ + 76;
    absl::StrAppendFormat(
        &out_,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" "
        "role=\"img\">\n<style>%s</style>\n",
        kWidth, height, kWidth, height, kStyle);
    absl::StrAppend(&out_,
                    "<defs><pattern id=\"wait\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
                    "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fff4d6\"/>"
                    "<rect width=\"2\" height=\"6\" fill=\"#e3a008\"/></pattern></defs>\n");
    Rect(0, 0, kWidth, height, "#ffffff");
    Text(24, 32, "title", "start",
         absl::StrCat(timeline_.name_space, "/", timeline_.pod, ": ", timeline_.phase));
    Text(24, 52, "small", "start",
         absl::StrFormat("%.3f s from the start of the pod to its end; times by the runtime's clock",
                         seconds_));
    DrawAxis();
    for (size_t i = 0; i < timeline_.rows.size(); ++i) {
      DrawRow(timeline_.rows[i], kPlotTop + kRowHeight * static_cast<double>(i));
    }
    DrawCompletion();
    DrawLegend();
    absl::StrAppend(&out_, "</svg>\n");
    return out_;
  }

 private:
  double X(absl::Time time) const {
    double share = absl::ToDoubleSeconds(time - timeline_.start) / seconds_;
    return kPlotLeft + std::clamp(share, 0.0, 1.0) * (kPlotRight - kPlotLeft);
  }
  void Rect(double x, double y, double width, double height, absl::string_view fill,
            absl::string_view tip = "") {
    absl::StrAppendFormat(&out_, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"", x,
                          y, width, height, fill);
    absl::StrAppend(&out_,
                    tip.empty() ? "/>\n" : absl::StrCat("><title>", Escaped(tip), "</title></rect>\n"));
  }
  void Text(double x, double y, absl::string_view css, absl::string_view anchor, absl::string_view text) {
    absl::StrAppendFormat(&out_, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>\n", x,
                          y, css, anchor, Escaped(text));
  }
  void VerticalLine(double x, absl::string_view css) {
    absl::StrAppendFormat(&out_, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x,
                          kPlotTop - 8, x, bottom_ + 4, css);
  }

  void DrawAxis() {
    double step = AxisStep(seconds_, 10);
    for (int i = 0; i * step <= seconds_ * 1.0001; ++i) {
      double x = X(timeline_.start + absl::Seconds(i * step));
      VerticalLine(x, "grid");
      Text(x, bottom_ + 20, "small", "middle", absl::StrFormat("%g%s", i * step, i == 0 ? "" : " s"));
    }
    absl::StrAppendFormat(&out_, "<line x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\" class=\"axis\"/>\n",
                          kPlotLeft, bottom_ + 4, kPlotRight, bottom_ + 4);
  }

  void Span(absl::Time from, absl::Time to, double y, absl::string_view fill, absl::string_view what) {
    double left = X(from);
    Rect(left, y, std::max(X(to) - left, kMinBar), kBarHeight, fill,
         absl::StrFormat("%s from %.3f to %.3f s", what, absl::ToDoubleSeconds(from - timeline_.start),
                         absl::ToDoubleSeconds(to - timeline_.start)));
  }

  void DrawRow(const TimelineRow& row, double top) {
    double y = top + (kRowHeight - kBarHeight) / 2;
    Text(kPlotLeft - 14, y + 9, "name", "end", Shortened(row.name, kMaxNameLength, "…"));
    Text(kPlotLeft - 14, y + 22, "small", "end",
         row.priority.empty() ? row.role : absl::StrCat(row.role, ", priority ", row.priority));
    absl::Time last = timeline_.start;
    std::string label;
    for (const Attempt& attempt : row.attempts) {
      absl::Time created = Happened(attempt.created) ? attempt.created : timeline_.end;
      absl::Time started = Happened(attempt.started) ? attempt.started : timeline_.end;
      last = Happened(attempt.finished) ? attempt.finished : timeline_.end;
      if (Happened(attempt.first_refused)) Span(attempt.first_refused, created, y, "url(#wait)", "waits");
      if (Happened(attempt.created)) Span(created, std::min(started, last), y, "#c4ccd4", "is made");
      if (Happened(attempt.started)) Span(started, last, y, ColorOf(row.role), "runs");
      label = attempt.exited ? absl::StrCat("exit ", ExitText(attempt)) : "";
    }
    Text(X(last) + 6, y + 14, "small", "start", absl::StrReplaceAll(label, {{"->", "\u2192"}}));
  }

  // Where the sidecars become due to be stopped.
  void DrawCompletion() {
    absl::Time last = absl::InfinitePast();
    bool sidecars = false;
    for (const TimelineRow& row : timeline_.rows) {
      sidecars = sidecars || row.role == "sidecar";
      if (row.role != "main") continue;
      if (row.attempts.empty() || !row.attempts.back().exited) return;
      last = std::max(last, row.attempts.back().finished);
    }
    if (!sidecars || !Happened(last)) return;
    VerticalLine(X(last), "done");
    Text(X(last), kPlotTop - 12, "small", "middle", "main containers finished");
  }

  void DrawLegend() {
    double x = kPlotLeft;
    double y = bottom_ + 40;
    auto entry = [&](absl::string_view fill, absl::string_view text) {
      Rect(x, y, 22, 12, fill);
      Text(x + 28, y + 10, "small", "start", text);
      x += 44 + 6.2 * static_cast<double>(text.size());
    };
    entry("url(#wait)", "waits for its turn");
    entry("#c4ccd4", "is made");
    entry(ColorOf("main"), "main runs");
    entry(ColorOf("sidecar"), "sidecar runs");
    bool others = std::any_of(timeline_.rows.begin(), timeline_.rows.end(), [](const TimelineRow& row) {
      return row.role == "init" || row.role == "native";
    });
    if (others) entry(ColorOf("init"), "init or native sidecar runs");
  }

  const Timeline& timeline_;
  double seconds_ = 0;
  double bottom_ = 0;
  std::string out_;
};

}  // namespace

std::string RenderSvg(const Timeline& timeline) { return Svg(timeline).Render(); }

}  // namespace sidecar_shim::run
