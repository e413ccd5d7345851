#include "shim/http2/header_block.h"

#include <algorithm>

namespace sidecar_shim::http2 {
namespace {

// Values that differ from call to call: in the peer's table they would only drive out what does come again.
bool IsUnique(std::string_view name) {
  return name == "grpc-timeout" || name == "grpc-message" || name == "traceparent";
}

uint8_t* Bytes(std::string_view text) {
  return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));  // nghttp2 only reads it
}

}  // namespace

void HeaderBlock::Clear() {
  bytes_.clear();
  fields_.clear();
}

HeaderBlock::Range HeaderBlock::Append(std::string_view text) {
  const Range range{bytes_.size(), text.size()};
  bytes_.append(text);
  return range;
}

void HeaderBlock::Add(std::string_view name, std::string_view value, bool never_index) {
  const Range its_name = Append(name);
  fields_.push_back({its_name, Append(value), never_index});
}

std::string_view HeaderBlock::Find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (Text(field.name) == name) return Text(field.value);
  }
  return {};
}

bool HeaderBlock::Has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return Text(field.name) == name; });
}

void HeaderBlock::Set(std::string_view name, std::string_view value) {
  for (Field& field : fields_) {
    if (Text(field.name) != name) continue;
    field.value = Append(value);
    return;
  }
  Add(name, value);
}

void HeaderBlock::Remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return Text(field.name) == name; });
}

void HeaderBlock::FillNv(std::vector<nghttp2_nv>& fields) const {
  fields.clear();
  for (const Field& field : fields_) {
    const std::string_view name = Text(field.name);
    const std::string_view value = Text(field.value);
    const bool no_index = field.never_index || IsUnique(name);
    fields.push_back({Bytes(name), Bytes(value), name.size(), value.size(),
                      static_cast<uint8_t>(no_index ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)});
  }
}

}  // namespace sidecar_shim::http2
