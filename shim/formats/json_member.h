// Reading JSON of which nothing is certain.
#ifndef SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_
#define SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_

#include <nlohmann/json.hpp>
#include <string>

namespace sidecar_shim {

// The member called `key`; null where there is none, or no object to have one.
inline const nlohmann::json& Member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none;
  if (!object.is_object()) return none;
  auto it = object.find(key);
  return it == object.end() ? none : *it;
}

// The same where it is a string; "" where it is not.
inline std::string StringMember(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = Member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_FORMATS_JSON_MEMBER_H_
