#ifndef SERVICES_COMMON_DIGEST_H_
#define SERVICES_COMMON_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

enum class DigestAlgorithm : uint8_t { kSha256 = 1, kSha512 = 2 };

// A content digest, `sha256:<hex>` or `sha512:<hex>` (OCI image-spec,
// descriptor.md). Content is stored and compared by digest only, which is why a
// client can never get the wrong image for a digest.
//
// Always valid: Parse() rejects malformed text, so functions that take a Digest
// need not check it. Do not use it for tags; see Reference. A value type; cheap
// to copy.
class Digest {
 public:
  // `sha256:` + 64 or `sha512:` + 128 lower-case hex digits.
  // Errors: INVALID_ARGUMENT (reason DIGEST_INVALID).
  static absl::StatusOr<Digest> Parse(absl::string_view text);

  // From the raw bytes of a hash. Errors: INVALID_ARGUMENT when their number is
  // not the algorithm's.
  static absl::StatusOr<Digest> FromRaw(DigestAlgorithm algorithm,
                                        absl::string_view raw);

  // The digest of `bytes`.
  static Digest OfBytes(absl::string_view bytes,
                        DigestAlgorithm algorithm = DigestAlgorithm::kSha256);

  DigestAlgorithm algorithm() const { return algorithm_; }
  // 32 or 64 bytes, living as long as this object.
  absl::string_view raw() const;
  // Lower-case hex, without the algorithm.
  std::string hex() const;
  // `sha256:...`, as on the wire.
  std::string ToString() const;

  friend bool operator==(const Digest& a, const Digest& b) {
    return a.algorithm_ == b.algorithm_ && a.raw() == b.raw();
  }
  friend bool operator!=(const Digest& a, const Digest& b) { return !(a == b); }
  friend bool operator<(const Digest& a, const Digest& b) {
    if (a.algorithm_ != b.algorithm_) return a.algorithm_ < b.algorithm_;
    return a.raw() < b.raw();
  }
  template <typename H>
  friend H AbslHashValue(H h, const Digest& d) {
    return H::combine(std::move(h), d.algorithm_, d.raw());
  }

 private:
  Digest() = default;

  DigestAlgorithm algorithm_ = DigestAlgorithm::kSha256;
  std::array<char, 64> bytes_ = {};
};

// A digest in the making. Not thread-safe.
class DigestHasher {
 public:
  explicit DigestHasher(DigestAlgorithm algorithm);
  ~DigestHasher();
  DigestHasher(DigestHasher&&) noexcept;
  DigestHasher& operator=(DigestHasher&&) noexcept;

  void Update(absl::string_view bytes);

  // The digest of everything so far; more may follow.
  Digest Current() const;

 private:
  struct State;
  DigestAlgorithm algorithm_;
  std::unique_ptr<State> state_;
};

}  // namespace cvr

#endif  // SERVICES_COMMON_DIGEST_H_
