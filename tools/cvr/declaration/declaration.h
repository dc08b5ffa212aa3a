#ifndef TOOLS_CVR_DECLARATION_DECLARATION_H_
#define TOOLS_CVR_DECLARATION_DECLARATION_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cvr/v1/cleanup_policy.pb.h"
#include "cvr/v1/group.pb.h"
#include "cvr/v1/registry.pb.h"
#include "cvr/v1/upstream.pb.h"

namespace cvr::declaration {

// An object as a file declares it: the fields that the file mentions are set in
// `value`; of those that it does not mention nothing is said.
template <typename Message>
struct Declared {
  Message value;
  // Paths, see yaml_message.h.
  std::set<std::string> mentioned;
  std::string where;  // `file:line`.
};

// Where a secret is found, and where the file says so.
struct SecretSource {
  enum class Kind { kVariable, kFile };
  Kind kind = Kind::kVariable;
  std::string name;
  std::string where;
};

struct DeclaredUpstream : Declared<v1::Upstream> {
  std::optional<SecretSource> password;
  std::optional<SecretSource> client_key;
};

struct DeclaredRegistry : Declared<v1::Registry> {
  // `value.id()` is what the file wants it to be; 0 = nothing is said.

  // Names, first to be asked first; absent = nothing is said of them.
  std::optional<std::vector<std::string>> upstreams;
};

struct DeclaredGroup : Declared<v1::Group> {
  std::optional<Declared<v1::CleanupPolicy>> cleanup_policy;
  std::vector<DeclaredUpstream> upstreams;
  std::vector<DeclaredRegistry> registries;
};

// Reads what `cvr apply` is given; `file` is how errors call it.
// Errors: INVALID_ARGUMENT that begins with `file:line: `.
absl::StatusOr<std::vector<DeclaredGroup>> ParseDeclaration(
    const std::string& file, const std::string& content);

}  // namespace cvr::declaration

#endif  // TOOLS_CVR_DECLARATION_DECLARATION_H_
