#include "gateway/message/multipart.h"

#include <memory>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/message/range_header.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

class Body {
 public:
  Body(MultipartLayout layout, BodyStream first, PartOpener open)
      : layout_(std::move(layout)),
        open_(std::move(open)),
        stream_(std::move(first)) {}

  absl::StatusOr<Chunk> Next() {
    if (left_ > 0) return NextOfPart();
    if (ended_) return Chunk();
    if (part_ == layout_.ranges().size()) {
      ended_ = true;
      return Chunk::OfString(layout_.End());
    }
    return Begin();
  }

 private:
  absl::StatusOr<Chunk> Begin() {
    const ByteRange& range = layout_.ranges()[part_];
    if (!stream_) {
      ASSIGN_OR_RETURN(stream_, open_(range));
    }
    left_ = range.length;
    return Chunk::OfString(layout_.HeadOf(part_));
  }

  absl::StatusOr<Chunk> NextOfPart() {
    ASSIGN_OR_RETURN(Chunk chunk, stream_());
    if (chunk.empty() || chunk.size() > left_) {
      return absl::InternalError(
          "a part of the multipart response does not match its Content-Range");
    }
    left_ -= chunk.size();
    if (left_ == 0) {
      stream_ = nullptr;
      ++part_;
    }
    return chunk;
  }

  const MultipartLayout layout_;
  PartOpener open_;
  BodyStream stream_;  // Of the current part; null between parts.
  size_t part_ = 0;
  uint64_t left_ = 0;  // Bytes of the current part, once its head was sent.
  bool ended_ = false;
};

}  // namespace

std::string RandomBoundary() {
  thread_local absl::BitGen generator;
  const auto half = [] { return absl::Uniform<uint64_t>(generator); };
  return absl::StrFormat("%016x%016x", half(), half());
}

MultipartLayout::MultipartLayout(std::string boundary, std::string media_type,
                                 std::vector<ByteRange> ranges,
                                 uint64_t size_bytes)
    : boundary_(std::move(boundary)),
      media_type_(std::move(media_type)),
      ranges_(std::move(ranges)),
      size_bytes_(size_bytes) {}

std::string MultipartLayout::content_type() const {
  return absl::StrCat("multipart/byteranges; boundary=", boundary_);
}

uint64_t MultipartLayout::content_length() const {
  uint64_t length = End().size();
  for (size_t part = 0; part < ranges_.size(); ++part) {
    length += HeadOf(part).size() + ranges_[part].length;
  }
  return length;
}

std::string MultipartLayout::HeadOf(size_t part) const {
  const ByteRange& range = ranges_[part];
  // The line end before a boundary is part of it: RFC 2046, section 5.1.1.
  return absl::StrCat(part == 0 ? "" : "\r\n", "--", boundary_,
                      "\r\nContent-Type: ", media_type_,
                      "\r\nContent-Range: ", ContentRange(range, size_bytes_),
                      "\r\n\r\n");
}

std::string MultipartLayout::End() const {
  return absl::StrCat("\r\n--", boundary_, "--\r\n");
}

BodyStream MultipartBody(MultipartLayout layout, BodyStream first,
                         PartOpener open) {
  auto body = std::make_unique<Body>(std::move(layout), std::move(first),
                                     std::move(open));
  return [body = std::move(body)] { return body->Next(); };
}

}  // namespace cvr
