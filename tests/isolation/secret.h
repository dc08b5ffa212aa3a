#ifndef TESTS_ISOLATION_SECRET_H_
#define TESTS_ISOLATION_SECRET_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

inline constexpr char kOciManifest[] =
    "application/vnd.oci.image.manifest.v1+json";
inline constexpr char kOciIndex[] = "application/vnd.oci.image.index.v1+json";
inline constexpr char kOciLayer[] = "application/vnd.oci.image.layer.v1.tar";
inline constexpr char kOciConfig[] = "application/vnd.oci.image.config.v1+json";

// A private image. All of its bytes, or those that matter of JSON, are 0x80 and
// up, while nothing else in these tests has such a byte: whoever sees a single
// one has seen something of it. Its digests are known to everybody.
struct Secret {
  std::string layer;   // Of several chunks.
  std::string small;   // A layer that fits a record.
  std::string config;  // JSON, as are the rest.
  std::string manifest;
  std::string index;
  std::string referrer;  // A manifest whose subject is `manifest`.

  // Other `name`s make other images.
  static Secret Of(const std::string& name);

  // As `repository` of `registry`: tags `1` (the manifest) and `multi` (the
  // index).
  void AddTo(FakeRegistry& registry, const std::string& repository) const;

  // Name and bytes of each, as `layer`.
  std::vector<std::pair<std::string, const std::string*>> Parts() const;
  bool IsManifest(absl::string_view name) const;
  // With digests replaced by `<layer>` and so on.
  std::string WithNames(std::string text) const;

  // Whether there is a byte of any secret in it.
  static bool ShowsIn(absl::string_view text);
};

// `{"mediaType": ..., "digest": ..., "size": ...}`.
std::string DescriptorOf(const std::string& media_type,
                         const std::string& bytes);

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_SECRET_H_
