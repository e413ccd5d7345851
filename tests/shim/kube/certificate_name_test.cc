#include "shim/kube/certificate_name.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sidecar_shim {
namespace {

// openssl req -x509 -subj "/O=system:nodes/CN=system:node:node-1"
constexpr char kNode[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBwDCCAWWgAwIBAgIUX2zPRLQ3Lu0RuKGWWUO2mHAh+dYwCgYIKoZIzj0EAwIw\n"
    "NDEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMRswGQYDVQQDDBJzeXN0ZW06bm9kZTpu\n"
    "b2RlLTEwIBcNMjYxMTIzMTQwMzU3WhgPMjEyNjEwMzAxNDAzNTdaMDQxFTATBgNV\n"
    "BAoMDHN5c3RlbTpub2RlczEbMBkGA1UEAwwSc3lzdGVtOm5vZGU6bm9kZS0xMFkw\n"
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEww1PRGYEAf8f8eniu8Aoa8WOqMYxTkYZ\n"
    "fKACYcDK46BkAm9f5haUrJ1RofvfBifJ0okheO0B5wFT6RB02im/bKNTMFEwHQYD\n"
    "VR0OBBYEFDoR7z+T67xZwI9urYD2/wCJjxNTMB8GA1UdIwQYMBaAFDoR7z+T67xZ\n"
    "wI9urYD2/wCJjxNTMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIh\n"
    "ANcsO36idwKt9NGLgZN9V4sCMxQH1JVlkLbs0Zfm3ID5AiEAgYtq7bkT058a59bR\n"
    "xBYraHPpYclJzpxRtCqEniNUS0g=\n"
    "-----END CERTIFICATE-----\n";

std::string Pem(const std::string& der) {
  return absl::StrCat("-----BEGIN CERTIFICATE-----\n", absl::Base64Escape(der),
                      "\n-----END CERTIFICATE-----\n");
}

TEST(CertificateNameTest, OfTheSubject) { EXPECT_EQ(CommonName(kNode), "system:node:node-1"); }

TEST(CertificateNameTest, AmongKeysAndOtherCertificates) {
  const std::string key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
  EXPECT_EQ(CommonName(key + kNode + Pem("other")), "system:node:node-1");
}

TEST(CertificateNameTest, UnreadableTextHasNone) {
  for (const std::string& text :
       {std::string(), std::string("-----BEGIN CERTIFICATE-----"), Pem(""),
        std::string("-----BEGIN CERTIFICATE-----!-----END CERTIFICATE-----"), Pem("\x30\x84\xff\xff\xff\xff"),
        Pem("\x30\x80"), Pem("\x30\x03\x30\x05\x01")}) {
    EXPECT_FALSE(CommonName(text)) << text;
  }
}

// OpenSSL's default would prompt on the terminal.
TEST(CertificateNameTest, EncryptedBlockPromptsForNoPassword) {
  EXPECT_FALSE(
      CommonName("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                 "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                 "AAAA\n-----END CERTIFICATE-----\n"));
}

// A damaged certificate gives a name, or none, but nothing from outside its bytes.
TEST(CertificateNameTest, DamagedInEveryPlace) {
  std::string text(kNode);
  text = text.substr(text.find('\n'));
  std::string der;
  ASSERT_TRUE(absl::Base64Unescape(text.substr(0, text.find("-----")), &der));
  for (size_t i = 0; i < der.size(); ++i) {
    CommonName(Pem(der.substr(0, i)));
    for (const char byte : {'\x00', '\x7f', '\x80', '\x84', '\xff'}) {
      std::string changed = der;
      changed[i] = byte;
      CommonName(Pem(changed));
    }
  }
}

}  // namespace
}  // namespace sidecar_shim
