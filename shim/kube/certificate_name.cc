#include "shim/kube/certificate_name.h"

#include <cstdint>

#include "absl/strings/escaping.h"

namespace sidecar_shim {
namespace {

constexpr absl::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr absl::string_view kEnd = "-----END CERTIFICATE-----";
constexpr absl::string_view kCommonName = "\x55\x04\x03";  // 2.5.4.3

constexpr uint8_t kOid = 0x06;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kSet = 0x31;
constexpr uint8_t kVersion = 0xa0;  // [0]

// One after another, the elements of a DER text. Reading past the end or
// something malformed makes it fail for good.
class Der {
 public:
  explicit Der(absl::string_view bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }
  uint8_t tag() const { return bytes_.empty() ? 0 : static_cast<uint8_t>(bytes_[0]); }

  // The content of the next element, whatever it is. Empty on failure.
  absl::string_view Next() {
    if (bytes_.size() < 2) return Fail();
    size_t length = static_cast<uint8_t>(bytes_[1]);
    size_t header = 2;
    if (length >= 0x80) {
      const size_t octets = length & 0x7f;
      if (octets == 0 || octets > 4 || bytes_.size() < 2 + octets) return Fail();
      length = 0;
      for (size_t i = 0; i < octets; ++i) length = length << 8 | static_cast<uint8_t>(bytes_[2 + i]);
      header += octets;
    }
    if (bytes_.size() - header < length) return Fail();
    const absl::string_view content = bytes_.substr(header, length);
    bytes_.remove_prefix(header + length);
    return content;
  }

  absl::string_view Next(uint8_t wanted) { return tag() == wanted ? Next() : Fail(); }

 private:
  absl::string_view Fail() {
    bytes_ = absl::string_view();
    return bytes_;
  }
  absl::string_view bytes_;
};

}  // namespace

std::optional<std::string> CommonName(absl::string_view pem) {
  const size_t begin = pem.find(kBegin);
  const size_t end = begin == absl::string_view::npos ? begin : pem.find(kEnd, begin);
  if (end == absl::string_view::npos) return std::nullopt;
  std::string der;
  if (!absl::Base64Unescape(pem.substr(begin + kBegin.size(), end - begin - kBegin.size()), &der)) {
    return std::nullopt;
  }
  Der body(Der(Der(der).Next(kSequence)).Next(kSequence));
  if (body.tag() == kVersion) body.Next();
  body.Next();           // serial number
  body.Next(kSequence);  // signature algorithm
  body.Next(kSequence);  // issuer
  body.Next(kSequence);  // validity
  Der subject(body.Next(kSequence));
  while (!subject.done()) {
    Der names(subject.Next(kSet));
    while (!names.done()) {
      Der name(names.Next(kSequence));
      const bool common = name.Next(kOid) == kCommonName;
      const absl::string_view value = name.Next();
      if (common) return std::string(value);
    }
  }
  return std::nullopt;
}

}  // namespace sidecar_shim
