#ifndef SERVICES_UPSTREAM_AUTH_CHALLENGE_H_
#define SERVICES_UPSTREAM_AUTH_CHALLENGE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cvr {

// One way to authenticate that a server offers: RFC 9110, section 11.3.
struct Challenge {
  std::string scheme;  // Lower case: `bearer`, `basic`.
  // Names in lower case, values without quotes and escapes. Of a name that
  // comes twice the first counts.
  std::map<std::string, std::string> parameters;
  std::string token68;  // Of schemes that carry one in place of parameters.

  // Empty when there is none.
  std::string Parameter(const std::string& name) const;
};

// Every challenge in one WWW-Authenticate value, in order. What is malformed is
// passed over: there is no input that it fails on. Pure.
std::vector<Challenge> ParseChallenges(absl::string_view value);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_AUTH_CHALLENGE_H_
