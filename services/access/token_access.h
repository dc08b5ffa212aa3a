#ifndef SERVICES_ACCESS_TOKEN_ACCESS_H_
#define SERVICES_ACCESS_TOKEN_ACCESS_H_

#include <cstdint>
#include <string>

namespace cvr {

// One thing that a short-lived token opens; what is not in a token's list is
// not opened by it, whatever its owner may do otherwise. A value type.
struct TokenAccess {
  enum class Kind {
    kRepository,  // Pulls from one repository: manifests, blobs and lists.
    kCatalog,     // Catalogs, which show what the caller may pull.
  };
  Kind kind = Kind::kRepository;
  // Of a repository.
  int64_t registry_id = 0;
  std::string repository;
  // As clients name it: what stands after `/v2/` in its URLs. For people; not
  // compared.
  std::string name;

  friend bool operator==(const TokenAccess& a, const TokenAccess& b) {
    return a.kind == b.kind && a.registry_id == b.registry_id &&
           a.repository == b.repository;
  }
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_TOKEN_ACCESS_H_
