#include "shim/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "shim/app/serve_command.h"

namespace sidecar_shim {
namespace {

using ::testing::HasSubstr;
using Field = google::protobuf::FieldDescriptor;

TEST(OptionsTest, TableAndSchemaHaveTheSameNamesAndTypes) {
  std::set<std::string> in_table, in_schema;
  for (const Option& option : AllOptions()) {
    const std::string type = option.kind == OptionKind::kBool ? "bool" : "string";
    EXPECT_TRUE(in_table.insert(absl::StrCat(type, " ", option.name)).second) << option.name;
  }
  const google::protobuf::Descriptor& schema = *config::Config::descriptor();
  for (int i = 0; i < schema.field_count(); ++i) {
    const Field& field = *schema.field(i);
    EXPECT_TRUE(field.has_presence()) << field.name() << " would set its default over the table's";
    in_schema.insert(absl::StrCat(field.type_name(), " ", field.json_name()));
  }
  EXPECT_EQ(in_table, in_schema);
}

TEST(OptionsTest, SetValuesAreReturned) {
  for (const Option& option : AllOptions()) {
    config::Config config;
    const std::string value = option.kind == OptionKind::kBool ? "true" : "a value";
    SetValue(config, option, value);
    EXPECT_EQ(GetValue(config, option), value) << option.name;
    EXPECT_EQ(FindOption(option.name), &option);
  }
  EXPECT_EQ(FindOption("lunch-ahead"), nullptr);
}

TEST(OptionsTest, DefaultsPassTheirOwnCheck) {
  for (const Option& option : AllOptions()) {
    DaemonConfig config;
    EXPECT_TRUE(option.apply(option.default_value, config).ok()) << option.name;
  }
}

TEST(OptionsTest, EveryBadValueNamesItsKey) {
  for (const Option& option : AllOptions()) {
    if (option.kind == OptionKind::kBool) continue;
    config::Config flags;
    SetValue(flags, option, "\x01 no value of any option");
    const auto config = MakeDaemonConfig({}, flags);
    ASSERT_FALSE(config.ok()) << option.name;
    EXPECT_EQ(std::string(config.status().message()).find(absl::StrCat(option.name, ": ")), 0u)
        << config.status();
  }
}

TEST(OptionsTest, HelpListsEveryOptionWithItsDefault) {
  CLI::App app;
  int exit_code = 0;
  AddServeCommand(app, exit_code);
  const std::string help = app.get_subcommand("serve")->help();
  for (const Option& option : AllOptions()) {
    const std::string usage = absl::StrCat("--", option.name, " ", Placeholder(option.kind));
    const size_t found = help.find(usage);
    ASSERT_NE(found, std::string::npos) << usage;
    // Then the default, as "=5m" or " [5m]", depending on CLI11's version.
    const size_t end = found + usage.size();
    EXPECT_LE(help.find(option.default_value, end), end + 2) << help.substr(found, 100);
    EXPECT_STRNE(option.help, "") << option.name;
  }
}

TEST(OptionsTest, FlagsReachTheCheck) {
  const auto exit_code_of = [](const std::string& arguments) {
    CLI::App app;
    int exit_code = 0;
    AddServeCommand(app, exit_code);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    app.parse("serve --check-config " + arguments);
    const std::string out = ::testing::internal::GetCapturedStdout();
    const std::string error = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(exit_code == 0, out == "configuration is valid\n") << out;
    return absl::StrCat(exit_code, error.empty() ? "" : " ", error);
  };
  EXPECT_EQ(exit_code_of(""), "0");
  EXPECT_EQ(exit_code_of("--launch-ahead false --launch-timeout 90s --listen /a/b.sock"), "0");
  EXPECT_EQ(exit_code_of("--launch-gate sometimes"),
            "2 sidecar-shim: launch-gate: \"sometimes\" is not one of ready, running\n");
  EXPECT_THAT(exit_code_of("--config /nonexistent"), HasSubstr("2 sidecar-shim: configuration file: "));
}

}  // namespace
}  // namespace sidecar_shim
