#ifndef TESTS_POSSESSION_TEST_CONTENTS_H_
#define TESTS_POSSESSION_TEST_CONTENTS_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/digest.h"
#include "services/common/limits.h"
#include "tests/possession/two_tenants.h"

// What the tenants have, and what the adversary would like to have.
namespace cvr::testing {

inline constexpr char kTagsText[] = "application/vnd.cvr.tags.v2";
// Nobody else has a tag like it.
inline constexpr char kSecretTag[] = "top-secret";
inline constexpr char kImage[] = "application/vnd.oci.image.manifest.v1+json";

struct Secret {
  std::string bytes;
  Digest digest;
};

inline Secret MakeSecret(std::string bytes) {
  std::replace(bytes.begin(), bytes.end(), HostileUpstreams::kJunk, 'x');
  const Digest digest = Digest::OfBytes(bytes);
  return {std::move(bytes), digest};
}

// Of `size` bytes that tell which secret they are of.
inline std::string Filled(const std::string& name, size_t size) {
  std::string bytes;
  while (bytes.size() < size) absl::StrAppend(&bytes, name, bytes.size(), ";");
  bytes.resize(size);
  return bytes;
}

inline std::string ManifestNaming(const std::string& name,
                                  const std::vector<Digest>& digests) {
  std::vector<std::string> layers;
  for (const Digest& digest : digests) {
    layers.push_back(absl::StrCat(R"({"mediaType":"m/t","size":1,"digest":")",
                                  digest.ToString(), R"("})"));
  }
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kImage,
                      R"(","name":")", name, R"(","layers":[)",
                      absl::StrJoin(layers, ","), "]}");
}

// What there is to be had.
struct TestContents {
  // Of the victim alone.
  Secret small = MakeSecret(Filled("small secret ", 900));
  // Less than two chunks: how much of a broken one is left would depend on
  // time.
  Secret large = MakeSecret(
      Filled("large secret ", limits::kChunkBytes + limits::kChunkBytes / 2));
  Secret manifest =
      MakeSecret(ManifestNaming("secret", {small.digest, large.digest}));
  // The list of tags as it is stored: list_document.h.
  Secret list =
      MakeSecret(absl::StrCat(kTagsText, "\nsecret\n", kSecretTag, "\n"));
  // What the adversary's upstream may have as well.
  Secret common = MakeSecret(Filled("common ", 70'000));
  // What everybody may have.
  Secret open = MakeSecret(Filled("public ", 70'000));

  std::vector<const Secret*> secrets() const {
    return {&small, &large, &manifest, &list};
  }
};

}  // namespace cvr::testing

#endif  // TESTS_POSSESSION_TEST_CONTENTS_H_
