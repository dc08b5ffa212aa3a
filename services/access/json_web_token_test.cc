#include "services/access/json_web_token.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

std::string Base64Url(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

class JwtTest : public ::testing::Test {
 protected:
  std::string Sign(const std::string& claims = R"({"sub":"7"})") {
    return *SignJwt(claims, "k1", pair_.private_key_pem);
  }
  static auto Refused() { return StatusIs(absl::StatusCode::kUnauthenticated); }

  const JwtKeyPair pair_ = MakeJwtKeyPair();
  const JwtPublicKeys keys_ = {{"k1", pair_.public_key_pem}};
};

TEST_F(JwtTest, WhatWasSignedComesBack) {
  const auto claims = VerifyJwt(Sign(R"({"sub":"7","exp":12})"), keys_);
  ASSERT_THAT(claims, IsOk());
  const auto parsed = nlohmann::json::parse(*claims);
  EXPECT_EQ(parsed["sub"], "7");
  EXPECT_EQ(parsed["exp"], 12);
}

TEST_F(JwtTest, AnyChangeIsSeen) {
  const std::string token = Sign();
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    const auto claims = VerifyJwt(other, keys_);
    // The last character of base64 may hold bits that stand for nothing.
    if (claims.ok()) {
      EXPECT_EQ(*claims, *VerifyJwt(token, keys_)) << i;
      EXPECT_EQ(i, token.size() - 1);
    }
  }
}

TEST_F(JwtTest, OtherKeysAreRefused) {
  const JwtKeyPair other = MakeJwtKeyPair();
  EXPECT_THAT(VerifyJwt(Sign(), {{"k1", other.public_key_pem}}), Refused());
  EXPECT_THAT(VerifyJwt(Sign(), {{"k2", pair_.public_key_pem}}), Refused());
  EXPECT_THAT(VerifyJwt(Sign(), {}), Refused());
}

// What takes the word of a token for its algorithm takes anybody's token.
TEST_F(JwtTest, OtherAlgorithmsAreRefused) {
  const std::string payload = Base64Url(R"({"sub":"1"})");
  for (const char* alg : {"none", "None", "NONE", "", "es256"}) {
    const std::string header = Base64Url(
        absl::StrCat(R"({"alg":")", alg, R"(","kid":"k1","typ":"JWT"})"));
    EXPECT_THAT(VerifyJwt(absl::StrCat(header, ".", payload, "."), keys_),
                Refused());
    EXPECT_THAT(VerifyJwt(absl::StrCat(header, ".", payload), keys_),
                Refused());
  }
  // The public key as the secret of an HMAC.
  const std::string head = absl::StrCat(
      Base64Url(R"({"alg":"HS256","kid":"k1","typ":"JWT"})"), ".", payload);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), pair_.public_key_pem.data(),
       static_cast<int>(pair_.public_key_pem.size()),
       reinterpret_cast<const unsigned char*>(head.data()), head.size(), mac,
       &size);
  const std::string forged = absl::StrCat(
      head, ".",
      Base64Url(absl::string_view(reinterpret_cast<char*>(mac), size)));
  EXPECT_THAT(VerifyJwt(forged, keys_), Refused());
}

TEST_F(JwtTest, NonsenseIsRefused) {
  const std::string token = Sign();
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."),
        std::string("a.b.c"), std::string(100'000, 'a'), token + ".", parts[0],
        token + '\0', absl::StrJoin({parts[1], parts[0], parts[2]}, ".")}) {
    EXPECT_THAT(VerifyJwt(text, keys_), Refused()) << text.substr(0, 60);
  }
}

TEST_F(JwtTest, OnlySignsWhatMakesSense) {
  EXPECT_FALSE(SignJwt("[]", "k1", "no key").ok());
  EXPECT_FALSE(SignJwt("nonsense", "k1", pair_.private_key_pem).ok());
  EXPECT_FALSE(SignJwt("{}", "k1", "no key").ok());
}

}  // namespace
}  // namespace cvr
