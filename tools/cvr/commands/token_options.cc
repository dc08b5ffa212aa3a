#include "tools/cvr/commands/token_options.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/secrets.h"

namespace cvr {
namespace {

constexpr char kGroup[] = "Authentication";
constexpr absl::string_view kSecretPrefix = "cvr_";

// A token and where it was found.
struct Found {
  std::string token;
  std::string where;
};

absl::StatusOr<Found> FromFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  return Found{content.substr(0, content.find('\n')),
               absl::StrCat("the first line of ", path)};
}

absl::StatusOr<Found> Find(const TokenOptions& options,
                           const Environment& environment) {
  if (options.token) return Found{*options.token, "--token"};
  if (options.file) return FromFile(*options.file);
  // An empty variable is as good as none.
  auto token = environment.variable("CVR_TOKEN");
  if (token && !token->empty()) return Found{*token, "CVR_TOKEN"};
  const auto file = environment.variable("CVR_TOKEN_FILE");
  if (file && !file->empty()) return FromFile(*file);
  return Found{};
}

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-';
}

}  // namespace

void AddTokenOptions(CLI::App& app, TokenOptions& options) {
  app.add_option("--token", options.token,
                 "Access token. Other users of this machine can see it in the "
                 "process list; prefer --token-file")
      ->type_name("TOKEN")
      ->group(kGroup);
  app.add_option("--token-file", options.file,
                 "File whose first line is the access token. Environment: "
                 "CVR_TOKEN (the token) or CVR_TOKEN_FILE (a file)")
      ->type_name("FILE")
      ->group(kGroup);
}

absl::StatusOr<std::string> ReadToken(const TokenOptions& options,
                                      const Environment& environment) {
  ASSIGN_OR_RETURN(const Found found, Find(options, environment));
  if (found.where.empty()) return "";
  const absl::string_view token = absl::StripAsciiWhitespace(found.token);
  // It travels in a header.
  const bool fits = std::all_of(token.begin(), token.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (token.empty() || !fits) {
    return absl::InvalidArgumentError(absl::StrCat(
        found.where, " is not a valid access token (expected cvr_...)"));
  }
  return std::string(token);
}

std::string RedactedText(absl::string_view text) {
  // Names such as cvr_main are shorter.
  constexpr size_t kSecretCharsMin = 24;
  std::string clean;
  while (true) {
    const size_t start = text.find(kSecretPrefix);
    if (start == absl::string_view::npos) break;
    size_t end = start;
    while (end < text.size() && IsTokenCharacter(text[end])) ++end;
    const bool secret = end - start >= kSecretCharsMin;
    absl::StrAppend(&clean, text.substr(0, start),
                    secret ? "cvr_..." : text.substr(start, end - start));
    text.remove_prefix(end);
  }
  absl::StrAppend(&clean, text);
  return clean;
}

}  // namespace cvr
