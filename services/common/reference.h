#ifndef SERVICES_COMMON_REFERENCE_H_
#define SERVICES_COMMON_REFERENCE_H_

#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/digest.h"

namespace cvr {

// A repository's name: OCI distribution-spec, "Pulling manifests", <name>.
// Always well formed. A value type.
class Repository {
 public:
  // Errors: INVALID_ARGUMENT (reason NAME_INVALID).
  static absl::StatusOr<Repository> Parse(absl::string_view name);

  const std::string& name() const { return name_; }

  friend bool operator==(const Repository& a, const Repository& b) {
    return a.name_ == b.name_;
  }

 private:
  explicit Repository(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

// A tag or a digest, that is, <reference> of the OCI distribution-spec. Always
// well formed.
class Reference {
 public:
  // Text with a `:` is parsed as a digest, any other text as a tag.
  // Errors: INVALID_ARGUMENT (reason DIGEST_INVALID); NOT_FOUND (reason
  // MANIFEST_UNKNOWN) for text that is not a valid tag, because the
  // specification wants 404 for it.
  static absl::StatusOr<Reference> Parse(absl::string_view text);

  explicit Reference(Digest digest) : value_(digest) {}

  bool is_digest() const { return std::holds_alternative<Digest>(value_); }
  // Only when is_digest().
  const Digest& digest() const { return std::get<Digest>(value_); }
  // Only when not is_digest().
  const std::string& tag() const { return std::get<std::string>(value_); }
  // As on the wire.
  std::string ToString() const;

  friend bool operator==(const Reference& a, const Reference& b) {
    return a.value_ == b.value_;
  }

 private:
  explicit Reference(std::string tag) : value_(std::move(tag)) {}
  std::variant<std::string, Digest> value_;
};

}  // namespace cvr

#endif  // SERVICES_COMMON_REFERENCE_H_
