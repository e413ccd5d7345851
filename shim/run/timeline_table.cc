#include "shim/run/timeline_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shim/run/events.h"
#include "shim/run/timeline_format.h"

namespace sidecar_shim::run {
namespace {

std::string Offset(absl::Time time, absl::Time start) {
  return Happened(time) ? FormatOffset(time, start) : "-";
}

std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    bool left = i < 2;  // words to the left, numbers to the right
    std::string padding(widths[i] - cells[i].size(), ' ');
    absl::StrAppend(&line, i == 0 ? "" : "  ", left ? "" : padding, cells[i], left ? padding : "");
  }
  return absl::StrCat(absl::StripTrailingAsciiWhitespace(line), "\n");
}

std::vector<std::vector<std::string>> Cells(const Timeline& timeline) {
  std::vector<std::vector<std::string>> lines = {{"CONTAINER", "ROLE", "PRIORITY", "ATTEMPT", "REFUSED",
                                                  "CREATED", "STARTED", "FINISHED", "EXIT", "REPORTED"}};
  for (const TimelineRow& row : timeline.rows) {
    std::string name = Shortened(row.name, kMaxNameWidth, "~");
    std::string priority = row.priority.empty() ? "-" : row.priority;
    if (row.attempts.empty()) lines.push_back({name, row.role, priority, "-", "-", "-", "-", "-", "-", "-"});
    for (const Attempt& attempt : row.attempts) {
      std::string number =
          attempt.id.empty() ? "-" : absl::StrCat(attempt.number, attempt.adopted ? "*" : "");
      lines.push_back({name, row.role, priority, number,
                       attempt.refusals == 0 ? "-" : absl::StrCat(attempt.refusals, "x"),
                       Offset(attempt.created, timeline.start), Offset(attempt.started, timeline.start),
                       Offset(attempt.finished, timeline.start),
                       attempt.exited ? absl::StrCat(attempt.exit_code) : "-",
                       attempt.exited ? absl::StrCat(attempt.reported) : "-"});
    }
  }
  return lines;
}

}  // namespace

std::string RenderTable(const Timeline& timeline) {
  const std::vector<std::vector<std::string>> lines = Cells(timeline);
  std::vector<size_t> widths(lines[0].size());
  bool adopted = false;
  for (const std::vector<std::string>& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    adopted = adopted || line[3].back() == '*';
  }
  std::string table;
  for (const std::vector<std::string>& line : lines) absl::StrAppend(&table, Line(line, widths));
  if (adopted) absl::StrAppend(&table, "* adopted: created and started by another client of the runtime\n");
  return table;
}

}  // namespace sidecar_shim::run
