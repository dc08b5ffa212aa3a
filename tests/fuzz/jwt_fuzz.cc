// No token is taken but what the key has signed: whatever the bytes are, the
// claims that come out are those that went in. And no claims are taken for more
// than they say.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/access/caller_claims.h"
#include "services/access/json_web_token.h"
#include "tests/fuzz/check.h"

namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1700000000);

struct Signer {
  Signer() {
    const cvr::JwtKeyPair pair = cvr::MakeJwtKeyPair();
    cvr::CallerClaims claims;
    claims.caller.token_id = 7;
    claims.caller.may_pull = true;
    claims.caller.group = "acme";
    claims.audience = "gw";
    claims.issued_at = kNow;
    claims.expires_at = kNow + absl::Minutes(5);
    json = cvr::ToJson(claims);
    token = *cvr::SignJwt(json, "k", pair.private_key_pem);
    keys["k"] = pair.public_key_pem;
  }
  std::string json;
  std::string token;
  cvr::JwtPublicKeys keys;
};

void CheckToken(const Signer& signer, absl::string_view token) {
  const auto claims = cvr::VerifyJwt(token, signer.keys);
  if (!claims.ok()) return;
  const auto caller = cvr::ParseCallerClaims(*claims, "gw", kNow);
  FUZZ_CHECK(caller.ok());
  FUZZ_CHECK(caller->caller.token_id == 7);
  FUZZ_CHECK(caller->caller.may_pull && !caller->caller.may_manage);
  FUZZ_CHECK(!caller->caller.is_admin && caller->caller.group == "acme");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Signer* const signer = new Signer;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  CheckToken(*signer, input);
  // Beside, and in place of, the parts of a good one.
  CheckToken(*signer, absl::StrCat(signer->token, input));
  const size_t payload = signer->token.find('.');
  const size_t signature = signer->token.rfind('.');
  const absl::string_view good = signer->token;
  CheckToken(*signer, absl::StrCat(input, good.substr(payload)));
  CheckToken(*signer, absl::StrCat(good.substr(0, payload + 1), input,
                                   good.substr(signature)));
  CheckToken(*signer, absl::StrCat(good.substr(0, signature + 1), input));
  if (size > 1) {
    std::string changed = signer->token;
    changed[data[0] % changed.size()] = static_cast<char>(data[1]);
    CheckToken(*signer, changed);
  }
  const auto claims = cvr::ParseCallerClaims(input, "gw", kNow);
  if (claims.ok()) {
    FUZZ_CHECK(claims->audience == "gw");
    FUZZ_CHECK(claims->expires_at + cvr::kClockSkewMax > kNow);
    const auto again = cvr::ParseCallerClaims(cvr::ToJson(*claims), "gw", kNow);
    FUZZ_CHECK(again.ok());
    FUZZ_CHECK(again->caller.token_id == claims->caller.token_id);
    FUZZ_CHECK(again->caller.is_admin == claims->caller.is_admin);
    FUZZ_CHECK(again->caller.registry_ids == claims->caller.registry_ids);
  }
  return 0;
}
