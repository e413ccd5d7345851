#include "policy/probe_stamp.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim::policy {
namespace {

constexpr size_t kMostText = 4096;

// Commands, paths and headers are any text, so the length goes before each
// word: "<length>:<word>", one after another. A probe is
//   <container> startup|readiness <kind> <initial delay> <timeout> <period>
//   <success threshold> <failure threshold> <port> <host> <path> http|https <service>
//   <number of words> <word>... <number of headers> (<name> <value>)...
// with durations in nanoseconds.
constexpr absl::string_view kKinds[] = {"exec", "httpGet", "tcpSocket", "grpc"};
constexpr absl::string_view kStartup = "startup";
constexpr absl::string_view kReadiness = "readiness";
constexpr absl::string_view kHttps = "https";

class Writer {
 public:
  Writer& Word(absl::string_view word) {
    absl::StrAppend(&text_, word.size(), ":", word);
    return *this;
  }
  Writer& Number(int64_t number) { return Word(absl::StrCat(number)); }

  void Probe(const std::string& container, absl::string_view which, const ProbeSpec& probe) {
    Word(container).Word(which).Word(kKinds[static_cast<size_t>(probe.kind)]);
    for (const Duration duration : {probe.initial_delay, probe.timeout, probe.period})
      Number(duration.count());
    Number(probe.success_threshold).Number(probe.failure_threshold).Number(probe.port);
    Word(probe.host).Word(probe.path).Word(probe.https ? kHttps : "http").Word(probe.service);
    Number(static_cast<int64_t>(probe.command.size()));
    for (const std::string& word : probe.command) Word(word);
    Number(static_cast<int64_t>(probe.headers.size()));
    for (const auto& [name, value] : probe.headers) Word(name).Word(value);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  bool ok() const { return ok_; }

  std::string Word() {
    const size_t colon = rest_.find(':');
    size_t length = 0;
    if (colon == absl::string_view::npos || !absl::SimpleAtoi(rest_.substr(0, colon), &length) ||
        length > rest_.size() - colon - 1) {
      return Damaged();
    }
    const absl::string_view word = rest_.substr(colon + 1, length);
    rest_.remove_prefix(colon + 1 + length);
    return std::string(word);
  }

  template <typename Integer>
  void Number(Integer& number) {
    if (!absl::SimpleAtoi(Word(), &number)) Damaged();
  }

  // Each entry takes at least two characters of what is left.
  size_t Count() {
    size_t count = 0;
    Number(count);
    if (count > rest_.size() / 2) Damaged();
    return ok_ ? count : 0;
  }

  ProbeSpec Probe() {
    ProbeSpec probe;
    const auto* kind = std::find(std::begin(kKinds), std::end(kKinds), Word());
    if (kind == std::end(kKinds)) Damaged();
    probe.kind = static_cast<ProbeSpec::Kind>(kind - std::begin(kKinds));
    for (Duration* duration : {&probe.initial_delay, &probe.timeout, &probe.period}) {
      int64_t nanoseconds = 0;
      Number(nanoseconds);
      *duration = Duration(nanoseconds);
    }
    Number(probe.success_threshold);
    Number(probe.failure_threshold);
    Number(probe.port);
    probe.host = Word();
    probe.path = Word();
    probe.https = Word() == kHttps;
    probe.service = Word();
    for (size_t left = Count(); left > 0; --left) probe.command.push_back(Word());
    for (size_t left = Count(); left > 0; --left) {
      std::string name = Word();
      probe.headers.emplace_back(std::move(name), Word());
    }
    return probe;
  }

 private:
  std::string Damaged() {
    ok_ = false;
    rest_ = {};
    return {};
  }

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string EncodeProbes(const std::vector<ContainerSpec>& containers) {
  Writer writer;
  for (const ContainerSpec& container : containers) {
    if (container.startup_probe) writer.Probe(container.name, kStartup, *container.startup_probe);
    if (container.readiness_probe) writer.Probe(container.name, kReadiness, *container.readiness_probe);
  }
  return writer.text().size() <= kMostText ? writer.text() : "";
}

bool DecodeProbes(absl::string_view text, std::vector<ContainerSpec>& containers) {
  std::vector<ContainerSpec> result = containers;
  Reader reader(text);
  while (reader.ok() && !reader.AtEnd()) {
    const std::string name = reader.Word();
    const std::string which = reader.Word();
    ProbeSpec probe = reader.Probe();
    auto container =
        std::find_if(result.begin(), result.end(), [&](const auto& known) { return known.name == name; });
    if (!reader.ok() || container == result.end()) return false;
    if (which == kStartup) {
      container->startup_probe = std::move(probe);
    } else if (which == kReadiness) {
      container->readiness_probe = std::move(probe);
    } else {
      return false;
    }
  }
  if (!reader.ok()) return false;
  containers = std::move(result);
  return true;
}

}  // namespace sidecar_shim::policy
