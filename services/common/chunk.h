#ifndef SERVICES_COMMON_CHUNK_H_
#define SERVICES_COMMON_CHUNK_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace cvr {

// A read-only byte buffer with shared ownership. It lets bytes travel from the
// network or the disk to the client without being copied: the owner may be a
// download buffer, a pinned RocksDB block or a received gRPC message. Copies of
// a Chunk share the bytes.
//
// A Chunk keeps its whole owner in memory. Do not store small pieces of large
// chunks for long; copy them instead. A value type; the bytes never change.
class Chunk {
 public:
  Chunk() = default;

  // `bytes` must stay valid and unchanged as long as `owner` lives.
  Chunk(absl::string_view bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}

  static Chunk OfString(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    const absl::string_view view = *owner;
    return Chunk(view, std::move(owner));
  }

  absl::string_view bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  // A part of it, sharing the bytes. As string_view::substr.
  Chunk Sub(size_t offset, size_t length = absl::string_view::npos) const {
    return Chunk(bytes_.substr(offset, length), owner_);
  }

 private:
  absl::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace cvr

#endif  // SERVICES_COMMON_CHUNK_H_
