#include "shim/run/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_split.h"
#include "shim/run/events.h"
#include "shim/run/timeline_format.h"
#include "shim/run/timeline_gantt.h"
#include "shim/run/timeline_json.h"
#include "shim/run/timeline_svg.h"
#include "shim/run/timeline_table.h"
#include "tests/shim/run/run_support.h"

namespace sidecar_shim::run {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1700000000);

absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

// main waited for the collector, which the shim stopped and masked.
Timeline Example() {
  Timeline timeline{"default", "job-x", "uid", "Succeeded", "complete", kStart, At(10), {}};
  Attempt main;
  main.id = "m";
  main.refusals = 2;
  main.first_refused = At(1);
  main.refusal = "waits for <collector> & \"others\"";
  main.created = At(3);
  main.started = At(3.5);
  main.finished = At(8);
  main.exited = true;
  main.adopted = true;
  Attempt collector;
  collector.id = "c";
  collector.created = At(1.25);
  collector.started = At(2);
  collector.finished = At(10);
  collector.exited = true;
  collector.exit_code = 143;
  collector.masked = true;
  timeline.rows = {
      {"main", "main", "", {main}}, {"collector", "sidecar", "100", {collector}}, {"late", "main", "", {}}};
  return timeline;
}

// Columns of a line on the terminal, for the one-column characters used here.
size_t Columns(const std::string& line) {
  size_t columns = 0;
  for (unsigned char c : line) columns += (c & 0xC0) != 0x80;
  return columns;
}

TEST(TimelineTextTest, Table) {
  EXPECT_EQ(RenderTable(Example()),
            "CONTAINER  ROLE     PRIORITY  ATTEMPT  REFUSED  CREATED  STARTED  FINISHED  EXIT  REPORTED\n"
            "main       main            -       0*       2x    3.000    3.500     8.000     0         0\n"
            "collector  sidecar       100        0        -    1.250    2.000    10.000   143         0\n"
            "late       main            -        -        -        -        -         -     -         -\n"
            "* adopted: created and started by another client of the runtime\n");
}

TEST(TimelineTextTest, Gantt) {
  Timeline timeline = Example();
  timeline.rows.pop_back();
  // 40 columns for 10 s.
  EXPECT_EQ(RenderGantt(timeline, 61),
            "main           ░░░░░░░░▒▒██████████████████ 0\n"
            "collector       ▒▒▒████████████████████████████████ 143 -> 0\n"
            "           └───────────────────┴───────────────────┴\n"
            "           0                   5s                  10s\n"
            "           ░░ waits  ▒▒ is made  ██ runs, then its exit code (-> as reported)\n");
}

TEST(TimelineTextTest, GanttFitsAndShowsShortRuns) {
  Timeline timeline = Example();
  timeline.rows[0].name = std::string(60, 'n');
  timeline.rows[0].attempts[0].finished = At(3.5);
  std::string chart = RenderGantt(timeline, 100);
  for (absl::string_view line : absl::StrSplit(chart, '\n'))
    EXPECT_LE(Columns(std::string(line)), 100u) << line;
  EXPECT_THAT(chart, HasSubstr("~"));
  EXPECT_THAT(chart, HasSubstr("▏ 0"));
}

TEST(TimelineTextTest, AnEmptyTimelineIsRendered) {
  Timeline timeline;
  timeline.start = timeline.end = kStart;
  timeline.rows = {{"a", "main", "", {}}};
  EXPECT_THAT(RenderGantt(timeline, 80), HasSubstr("a"));
  EXPECT_THAT(RenderSvg(timeline), HasSubstr("</svg>"));
}

TEST(TimelineTextTest, AxisSteps) {
  EXPECT_DOUBLE_EQ(AxisStep(10, 10), 1);
  EXPECT_DOUBLE_EQ(AxisStep(17, 10), 2);
  EXPECT_DOUBLE_EQ(AxisStep(300, 8), 50);
  EXPECT_DOUBLE_EQ(AxisStep(0.3, 4), 0.1);
}

TEST(TimelineJsonTest, HoldsEverything) {
  auto json = nlohmann::json::parse(RenderJson(Example()));
  EXPECT_EQ(json["phase"], "Succeeded");
  EXPECT_EQ(json["duration"], 10.0);
  EXPECT_EQ(json["containers"][0]["priority"], nullptr);
  EXPECT_EQ(json["containers"][0]["attempts"][0]["firstRefused"], 1.0);
  EXPECT_EQ(json["containers"][0]["attempts"][0]["adopted"], true);
  EXPECT_EQ(json["containers"][1]["priority"], 100);
  EXPECT_EQ(json["containers"][1]["attempts"][0]["exitCode"], 143);
  EXPECT_EQ(json["containers"][1]["attempts"][0]["reportedExitCode"], 0);
  EXPECT_THAT(json["containers"][2]["attempts"], SizeIs(0));
}

TEST(TimelineSvgTest, IsSelfContainedAndEscaped) {
  Timeline timeline = Example();
  timeline.rows.pop_back();
  timeline.pod = "a<b>&c";
  std::string svg = RenderSvg(timeline);
  EXPECT_THAT(svg, HasSubstr("default/a&lt;b&gt;&amp;c: Succeeded"));
  EXPECT_THAT(svg, HasSubstr("url(#wait)"));
  EXPECT_THAT(svg, HasSubstr("main containers finished"));
  EXPECT_THAT(svg, HasSubstr("exit 143 → 0"));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  EXPECT_THAT(RenderSvg(Example()), Not(HasSubstr("main containers finished")));  // one has never run
}

TEST(TimelineRecorderTest, RefusalsBelongToTheAttemptThatFollows) {
  PodModel model = Model("restartPolicy: OnFailure, containers: [{name: a, image: i}, {name: b, image: i}]");
  TimelineRecorder recorder(model, kStart);
  EXPECT_EQ(recorder.Refused("a", "x"), 1);
  EXPECT_EQ(recorder.Refused("a", "x"), 2);
  EXPECT_EQ(recorder.Refused("a", "y"), 1);
  PodStatus status;
  AddContainer(status, "a", cri::CONTAINER_RUNNING);
  recorder.CreatedHere("b0");
  AddContainer(status, "b", cri::CONTAINER_RUNNING);
  auto changes = recorder.Observe(status);
  ASSERT_THAT(changes, SizeIs(1));  // `run` has created b itself
  EXPECT_EQ(changes[0].kind, TimelineRecorder::Change::Kind::kAdopted);
  EXPECT_EQ(changes[0].record.name(), "a");
  EXPECT_THAT(recorder.Observe(status), SizeIs(0));
  status.containers.clear();
  AddContainer(status, "a", cri::CONTAINER_EXITED, 3);
  changes = recorder.Observe(status);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].kind, TimelineRecorder::Change::Kind::kExited);
  Timeline timeline = recorder.Snapshot("Running", At(5));
  ASSERT_THAT(timeline.rows[0].attempts, SizeIs(1));
  EXPECT_EQ(timeline.rows[0].attempts[0].refusals, 3);
  EXPECT_EQ(timeline.rows[0].attempts[0].exit_code, 3);
  EXPECT_TRUE(timeline.rows[0].attempts[0].adopted);
  EXPECT_FALSE(timeline.rows[1].attempts[0].adopted);
}

TEST(EventsTest, Format) {
  Event event{Event::Kind::kRefused, At(1.0424), "main", "refused: a\nb"};
  EXPECT_EQ(FormatEvent(event, kStart, 7), "    1.042  main     refused: a\n                    b");
}

}  // namespace
}  // namespace sidecar_shim::run
