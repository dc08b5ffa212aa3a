#ifndef TOOLS_CVR_COMMANDS_TOKEN_OPTIONS_H_
#define TOOLS_CVR_COMMANDS_TOKEN_OPTIONS_H_

#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/client/environment.h"

namespace cvr {

// The access token that is shown to servers; absent = not said.
struct TokenOptions {
  std::optional<std::string> token;
  std::optional<std::string> file;
};

// `options` outlives `app`.
void AddTokenOptions(CLI::App& app, TokenOptions& options);

// The token, from --token, --token-file (its first line), CVR_TOKEN or the file
// that CVR_TOKEN_FILE names, whichever there is first; empty = none.
// Errors: INVALID_ARGUMENT for a file that cannot be read, and for what cannot
// be a token; they never show it.
absl::StatusOr<std::string> ReadToken(const TokenOptions& options,
                                      const Environment& environment);

// `text` with what looks like an access token's secret taken out: people
// mistype options, and errors quote what they typed.
std::string RedactedText(absl::string_view text);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_TOKEN_OPTIONS_H_
