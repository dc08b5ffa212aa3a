#ifndef TESTS_FAULTS_IMAGE_H_
#define TESTS_FAULTS_IMAGE_H_

#include <string>

#include "services/common/digest.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

inline constexpr char kManifestType[] =
    "application/vnd.oci.image.manifest.v1+json";

// An image of one layer that no other test has: the store shares bytes.
struct TestImage {
  std::string manifest;
  Digest manifest_digest;
  std::string blob;
  Digest blob_digest;

  // Other `name`s make other images. The layer is of several chunks.
  static TestImage Named(const std::string& name);

  // Points `tag` at it.
  void AddTo(FakeRegistry& registry, const std::string& repository,
             const std::string& tag) const;
};

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_IMAGE_H_
