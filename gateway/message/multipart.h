#ifndef GATEWAY_MESSAGE_MULTIPART_H_
#define GATEWAY_MESSAGE_MULTIPART_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "gateway/message/http_message.h"
#include "services/common/byte_range.h"

// Bodies of type multipart/byteranges: RFC 9110, section 14.6. They are laid
// out, and so their length is known, before any part is opened.
namespace cvr {

// A boundary that no content can have been made to contain: 128 random bits.
std::string RandomBoundary();

// What stands around the parts. A value type.
class MultipartLayout {
 public:
  // `ranges` are those of the parts, in order; content of `size_bytes` and
  // `media_type` has them. There is at least one.
  MultipartLayout(std::string boundary, std::string media_type,
                  std::vector<ByteRange> ranges, uint64_t size_bytes);

  const std::vector<ByteRange>& ranges() const { return ranges_; }

  // Of the reply.
  std::string content_type() const;
  uint64_t content_length() const;

  // What goes before the bytes of a part, and after those of the last.
  std::string HeadOf(size_t part) const;
  std::string End() const;

 private:
  std::string boundary_;
  std::string media_type_;
  std::vector<ByteRange> ranges_;
  uint64_t size_bytes_;
};

// Opens the bytes of a part.
using PartOpener =
    absl::AnyInvocable<absl::StatusOr<BodyStream>(const ByteRange& range)>;

// The whole body. `first` has the bytes of the first part; the others are
// opened when their turn comes, each after the one before is closed. Errors:
// those of `open` and of the streams; INTERNAL when a stream has another length
// than its range.
BodyStream MultipartBody(MultipartLayout layout, BodyStream first,
                         PartOpener open);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_MULTIPART_H_
