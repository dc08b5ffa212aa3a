#ifndef SERVICES_METADATA_STORE_KEY_ENCODING_H_
#define SERVICES_METADATA_STORE_KEY_ENCODING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/common/digest.h"

namespace cvr {

// Encodes a tuple as a key, so that keys sort like the tuples. DESIGN.md has
// the grammar. Use: KeyBuilder().Int(7).String("a").Build().
class KeyBuilder {
 public:
  // Eight bytes, most significant first. `value` must not be negative: ids and
  // positions never are.
  KeyBuilder& Int(int64_t value);

  // Any bytes, escaped and ended so that more parts may follow: "a" sorts
  // before "a\0", "ab" and "b", whatever comes behind it.
  KeyBuilder& String(absl::string_view text);

  // Any bytes as they are. Only as the last part.
  KeyBuilder& Rest(absl::string_view text);

  // The algorithm's number and the raw hash.
  KeyBuilder& Hash(const Digest& digest);

  std::string Build() { return std::move(key_); }

 private:
  std::string key_;
};

// Decodes keys of KeyBuilder. Each method reads the next part and returns
// whether it was valid; after the first failure all later calls fail.
class KeyReader {
 public:
  // `key` must outlive the reader.
  explicit KeyReader(absl::string_view key) : left_(key) {}

  bool Int(int64_t& value);
  bool String(std::string& text);
  // The digest that Hash() has put there.
  bool Hash(std::optional<Digest>& digest);
  // Takes all that is left; the view is of the key.
  bool Rest(absl::string_view& text);
  // Whether everything was taken and well formed.
  bool Done() const { return ok_ && left_.empty(); }

 private:
  bool Fail() {
    ok_ = false;
    return false;
  }

  absl::string_view left_;
  bool ok_ = true;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_KEY_ENCODING_H_
