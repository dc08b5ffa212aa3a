#ifndef SERVICES_METADATA_SECRETS_TOKEN_SECRET_H_
#define SERVICES_METADATA_SECRETS_TOKEN_SECRET_H_

#include <string>

#include "absl/strings/string_view.h"

// The secrets of access tokens: `cvr_`, 43 characters that stand for 256 random
// bits, and 6 of a checksum over all before it, so that scanners for leaked
// secrets recognise them without asking anybody. Both in base 62.
namespace cvr {

// A new one, from the system's randomness.
std::string MakeTokenSecret();

// Whether it has that form and its checksum is right: it may be one of ours.
bool IsTokenSecret(absl::string_view text);

// What is stored in its place: SHA-256, raw. A salt would not help: nobody can
// try 2^256 of them.
std::string HashTokenSecret(absl::string_view secret);

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_TOKEN_SECRET_H_
