// The fields of one header block or of trailers, in their order and as they
// came: repeated names, and values that are no text, included.
#ifndef SIDECAR_SHIM_SHIM_HTTP2_HEADER_BLOCK_H_
#define SIDECAR_SHIM_SHIM_HTTP2_HEADER_BLOCK_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar_shim::http2 {

class HeaderBlock {
 public:
  // Keeps its memory for the next block.
  void Clear();

  // `never_index`: the sender wants the field in no compression table (RFC 7541,
  // 7.1.3). Views into the block end with each change of it.
  void Add(std::string_view name, std::string_view value, bool never_index = false);
  // The first field of that name; empty where there is none.
  std::string_view Find(std::string_view name) const;
  bool Has(std::string_view name) const;
  // Replaces the first field of that name, or adds it.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  std::string_view name(size_t index) const { return Text(fields_[index].name); }
  std::string_view value(size_t index) const { return Text(fields_[index].value); }

  // For nghttp2; refers to the block's memory. Replaces what `fields` holds.
  void FillNv(std::vector<nghttp2_nv>& fields) const;

 private:
  struct Range {
    size_t begin;
    size_t size;
  };
  struct Field {
    Range name;
    Range value;
    bool never_index;
  };

  Range Append(std::string_view text);
  std::string_view Text(const Range& range) const {
    return std::string_view(bytes_).substr(range.begin, range.size);
  }

  std::string bytes_;
  std::vector<Field> fields_;
};

}  // namespace sidecar_shim::http2

#endif  // SIDECAR_SHIM_SHIM_HTTP2_HEADER_BLOCK_H_
