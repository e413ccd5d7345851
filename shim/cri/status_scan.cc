#include "shim/cri/status_scan.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>

#include "cri.pb.h"

namespace sidecar_shim {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint32_t kStatusTag = WireFormatLite::MakeTag(
    runtime::v1::ContainerStatusResponse::kStatusFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr uint32_t kStateTag =
    WireFormatLite::MakeTag(runtime::v1::ContainerStatus::kStateFieldNumber, WireFormatLite::WIRETYPE_VARINT);

// Whether a ContainerStatus, up to the stream's limit, may have exited. A field that is there twice counts
// each time.
bool StatusMayHaveExited(CodedInputStream& stream) {
  while (const uint32_t tag = stream.ReadTag()) {
    uint64_t state = 0;
    if (tag != kStateTag) {
      if (!WireFormatLite::SkipField(&stream, tag)) return true;
    } else if (!stream.ReadVarint64(&state) || static_cast<int32_t>(state) == runtime::v1::CONTAINER_EXITED) {
      return true;
    }
  }
  return !stream.ConsumedEntireMessage();
}

}  // namespace

bool MayHaveExited(std::string_view bytes) {
  CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  while (const uint32_t tag = stream.ReadTag()) {
    uint32_t size = 0;
    if (tag != kStatusTag) {
      if (!WireFormatLite::SkipField(&stream, tag)) return true;
      continue;
    }
    if (!stream.ReadVarint32(&size)) return true;
    // At the end of the bytes the stream would not miss the rest.
    if (size > bytes.size() - static_cast<size_t>(stream.CurrentPosition())) return true;
    const CodedInputStream::Limit limit = stream.PushLimit(static_cast<int>(size));
    if (StatusMayHaveExited(stream)) return true;
    stream.PopLimit(limit);
  }
  return !stream.ConsumedEntireMessage();
}

}  // namespace sidecar_shim
