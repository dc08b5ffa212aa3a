#ifndef TESTS_SUPPORT_PLANTED_SECRETS_H_
#define TESTS_SUPPORT_PLANTED_SECRETS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cvr::testing {

// A password of an upstream, which nothing that we run may print. Whatever is
// printed is searched for it: by ServerProcess, and by tools/test.
inline constexpr char kPlantedSecret[] = "planted-secret-5c1f";

// The first secret in `text`: a planted one, an access token or a signed token;
// empty = none. Not the tokens of zeros with which tests show what is wrong.
std::string SecretIn(absl::string_view text);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_PLANTED_SECRETS_H_
