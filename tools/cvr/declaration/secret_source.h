#ifndef TOOLS_CVR_DECLARATION_SECRET_SOURCE_H_
#define TOOLS_CVR_DECLARATION_SECRET_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/declaration/declaration.h"

namespace cvr::declaration {

// The secret, without the line break at its end.
// Errors: INVALID_ARGUMENT that begins with `file:line: `, when there is none
// or it is empty.
absl::StatusOr<std::string> ReadSecret(const SecretSource& source,
                                       const Environment& environment);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_SECRET_SOURCE_H_
