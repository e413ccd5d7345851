// Readers for JSON of unknown shape. None of them throws; what is missing or of another type reads as empty.
#ifndef SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_
#define SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace sidecar_shim {

// The member called `key`; null where `object` has none or is not an object.
inline const nlohmann::json& Member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none;
  if (!object.is_object()) return none;
  auto it = object.find(key);
  return it == object.end() ? none : *it;
}

// The same for an object that is to be changed; nullptr where it has no such member or is not an object.
inline nlohmann::json* FindMember(nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

// The text of a JSON string; "" for any other value.
inline std::string StringValue(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}
inline std::string StringMember(const nlohmann::json& object, const char* key) {
  return StringValue(Member(object, key));
}

// nullopt for anything but an integer.
inline std::optional<int64_t> IntMember(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = Member(object, key);
  return value.is_number_integer() ? std::optional<int64_t>(value.get<int64_t>()) : std::nullopt;
}

// False for anything but true.
inline bool BoolMember(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = Member(object, key);
  return value.is_boolean() && value.get<bool>();
}

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_
