#include "shim/formats/yaml.h"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sidecar_shim {
namespace {

using Json = nlohmann::ordered_json;

// yaml-cpp turns `&a [*a]` into a cycle, so the recursion needs a bound.
constexpr int kMaxDepth = 100;
// Aliases are expanded, so that a small text can expand to gigabytes.
constexpr size_t kMaxSize = 32 << 20;
constexpr size_t kNodeSize = 16;  // what a node counts besides its text

constexpr absl::string_view kCoreTag = "tag:yaml.org,2002:";

absl::Status ErrorAt(const YAML::Node& node, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", node.Mark().line + 1, ": ", what));
}

bool OnlyOf(absl::string_view text, absl::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == absl::string_view::npos;
}

// The value of digits of `base` without sign or prefix; nullopt if other
// characters occur or the value exceeds 64 bits.
std::optional<uint64_t> ParseDigits(absl::string_view digits, int base) {
  absl::string_view allowed = absl::string_view("0123456789abcdefABCDEF").substr(0, base == 16 ? 22 : base);
  if (!OnlyOf(digits, allowed)) return std::nullopt;
  uint64_t value = 0;
  for (char c : digits) {
    uint64_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (value > (UINT64_MAX - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<Json> ParseInteger(absl::string_view text) {
  bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  std::optional<uint64_t> value;
  if (absl::ConsumePrefix(&text, "0x")) {
    value = ParseDigits(text, 16);
  } else if (absl::ConsumePrefix(&text, "0o")) {
    value = ParseDigits(text, 8);
  } else if (text.size() > 1 && text[0] == '0') {
    value = ParseDigits(text, 8);
  } else {
    value = ParseDigits(text, 10);
  }
  if (!value) return std::nullopt;
  if (!negative) return Json(*value);
  if (*value > uint64_t{1} << 63) return std::nullopt;
  return Json(static_cast<int64_t>(-*value));
}

// [-+]? ( "." digits | digits ( "." digits? )? ) ( [eE] [-+]? digits )?
bool LooksLikeFloat(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  auto digits = [&text] {
    size_t count = 0;
    while (!text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) {
      text.remove_prefix(1);
      ++count;
    }
    return count;
  };
  size_t mantissa = digits();
  if (absl::ConsumePrefix(&text, ".")) mantissa += digits();
  if (mantissa == 0) return false;
  if (absl::ConsumePrefix(&text, "e") || absl::ConsumePrefix(&text, "E")) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Whether a scalar with this tag is typed by its text. yaml-cpp gives plain
// scalars without a tag the tag "?" or "".
bool IsPlainTag(absl::string_view tag) {
  if (tag.empty() || tag == "?") return true;
  return absl::ConsumePrefix(&tag, kCoreTag) &&
         (tag == "int" || tag == "float" || tag == "bool" || tag == "null");
}

std::optional<bool> ParseBoolean(absl::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

bool IsNull(absl::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

bool IsInfinityOrNan(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
         text == ".NAN";
}

class Converter {
 public:
  explicit Converter(YamlReading reading) : strict_(reading == YamlReading::kStrict) {}

  absl::StatusOr<Json> Convert(const YAML::Node& node, int depth = 0) {
    if (depth > kMaxDepth) return ErrorAt(node, absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
    size_ += kNodeSize;
    if (size_ > kMaxSize) return ErrorAt(node, "the text grows too large when its aliases are expanded");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Json(nullptr);
      case YAML::NodeType::Scalar:
        size_ += node.Scalar().size();
        return Scalar(node);
      case YAML::NodeType::Sequence:
        return Sequence(node, depth);
      case YAML::NodeType::Map:
        return Map(node, depth);
    }
    return ErrorAt(node, "unknown type of node");
  }

 private:
  absl::StatusOr<Json> Scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    if (tag == "!" || tag == absl::StrCat(kCoreTag, "str")) return Json(text);
    if (!IsPlainTag(tag)) return ErrorAt(node, absl::StrCat("unknown tag ", tag));
    if (IsNull(text)) return Json(nullptr);
    if (std::optional<bool> boolean = ParseBoolean(text)) return Json(*boolean);
    if (std::optional<Json> integer = ParseInteger(text)) return *integer;
    if (IsInfinityOrNan(text)) return ErrorAt(node, absl::StrCat(text, " cannot be expressed in JSON"));
    double number = 0;
    if (LooksLikeFloat(text) && absl::SimpleAtod(text, &number)) return Json(number);
    return Json(text);
  }

  absl::StatusOr<Json> Sequence(const YAML::Node& node, int depth) {
    Json array = Json::array();
    for (const YAML::Node& item : node) {
      absl::StatusOr<Json> value = Convert(item, depth + 1);
      if (!value.ok()) return value;
      array.push_back(*std::move(value));
    }
    return array;
  }

  absl::StatusOr<Json> Map(const YAML::Node& node, int depth) {
    Json object = Json::object();
    absl::flat_hash_set<std::string> seen;  // lookups in ordered_json are linear
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return ErrorAt(entry.first, "a key must be a scalar");
      const std::string& key = entry.first.Scalar();
      if (key == "<<" && entry.first.Tag() != "!") {
        if (strict_) return ErrorAt(entry.first, "merge keys (<<) are not supported; write the fields out");
        if (absl::Status merged = Merge(entry.second, depth, seen, object); !merged.ok()) return merged;
        continue;
      }
      const bool is_new = seen.insert(key).second;
      if (!is_new && strict_) return ErrorAt(entry.first, absl::StrCat("duplicate key ", key));
      size_ += key.size();
      absl::StatusOr<Json> value = Convert(entry.second, depth + 1);
      if (!value.ok()) return value;
      if (is_new) {
        object.emplace(key, *std::move(value));
      } else {
        object[key] = *std::move(value);
      }
    }
    return object;
  }

  // Overwrites keys that come before the merge key, as sigs.k8s.io/yaml does. Of
  // several mappings the first one has precedence.
  absl::Status Merge(const YAML::Node& from, int depth, absl::flat_hash_set<std::string>& seen,
                     Json& object) {
    absl::StatusOr<Json> value = Convert(from, depth + 1);
    if (!value.ok()) return value.status();
    if (value->is_object()) value = Json::array({*std::move(value)});
    bool valid = value->is_array();
    for (auto fields = value->rbegin(); valid && fields != value->rend(); ++fields) {
      valid = fields->is_object();
      if (!valid) break;
      for (auto& [key, field] : fields->items()) {
        seen.insert(key);
        object[key] = std::move(field);
      }
    }
    return valid ? absl::OkStatus()
                 : ErrorAt(from, "the value of a merge key (<<) must be a mapping or a list of mappings");
  }

  const bool strict_;
  size_t size_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> YamlToJson(absl::string_view text, YamlReading reading) {
  std::vector<std::string> documents;
  try {
    Converter converter(reading);
    std::vector<YAML::Node> nodes;
    if (reading == YamlReading::kStrict) {
      nodes = YAML::LoadAll(std::string(text));
    } else {
      nodes.push_back(YAML::Load(std::string(text)));
    }
    for (const YAML::Node& node : nodes) {
      absl::StatusOr<Json> json = converter.Convert(node);
      if (!json.ok()) return json.status();
      documents.push_back(json->dump());
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  } catch (const std::exception& error) {  // nlohmann::json: a string is not valid UTF-8
    return absl::InvalidArgumentError(error.what());
  }
  return documents;
}

}  // namespace sidecar_shim
