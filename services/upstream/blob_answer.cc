#include "services/upstream/blob_answer.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/upstream/http/http_fields.h"

namespace cvr {

namespace {

// The last byte of the part; nothing when it goes to the end.
std::optional<uint64_t> LastByte(const UpstreamBlobPart& part) {
  if (!part.length) return std::nullopt;
  assert(*part.length > 0);
  const uint64_t last = part.offset + (*part.length - 1);
  return last < part.offset ? std::nullopt : std::optional(last);
}

}  // namespace

bool IsPart(const UpstreamBlobPart& part) {
  return part.offset != 0 || part.length.has_value();
}

void AddPartFields(const UpstreamBlobPart& part, HttpFields& fields) {
  if (!IsPart(part)) return;
  std::string range = absl::StrCat("bytes=", part.offset, "-");
  if (const auto last = LastByte(part)) absl::StrAppend(&range, *last);
  fields.Add("Range", range);
  if (!part.if_range_etag.empty()) {
    fields.Add("If-Range", absl::StrCat("\"", part.if_range_etag, "\""));
  }
}

absl::Status BlobAnswerReceiver::Invalid(absl::string_view detail) const {
  return errors::UpstreamInvalid(host_, detail);
}

absl::StatusOr<UpstreamBlobHeader> BlobAnswerReceiver::PartHeader(
    const HttpFields& fields) {
  const auto range = ParseContentRange(fields.First("Content-Range"));
  if (!range) return Invalid("206 response without a valid Content-Range");
  if (range->first > part_.offset || range->last < part_.offset) {
    return Invalid("Content-Range starts at a different offset than requested");
  }
  // The last byte of the part; a total that is not known limits nothing.
  uint64_t last = range->total ? *range->total - 1 : range->last;
  last = std::min(last, LastByte(part_).value_or(last));
  is_short_ = range->last < last;
  expected_bytes_ = range->length();
  return UpstreamBlobHeader{range->total, range->first};
}

absl::Status BlobAnswerReceiver::OnHead(const Url& url, const HttpHead& head) {
  host_ = url.host_and_port();
  UpstreamBlobHeader header;
  const bool says_range =
      ParseContentRange(head.fields.First("Content-Range")).has_value();
  if (head.status == 206 || (head.status == 200 && says_range)) {
    ASSIGN_OR_RETURN(header, PartHeader(head.fields));
  } else if (head.status == 200) {
    header.size_bytes = ParseContentLength(head.fields.First("Content-Length"));
    expected_bytes_ = header.size_bytes;
  } else {
    return Invalid(
        absl::StrCat("unexpected HTTP status ", head.status, " for a blob"));
  }
  offset_ = header.offset;
  header.etag = StrongEtagOf(head.fields.First("ETag"));
  return sink_.OnHeader(header);
}

absl::Status BlobAnswerReceiver::OnBytes(absl::string_view bytes) {
  received_bytes_ += bytes.size();
  if (expected_bytes_ && received_bytes_ > *expected_bytes_) {
    return Invalid("the response body is longer than Content-Length");
  }
  RETURN_IF_ERROR(sink_.OnBytes(bytes));
  const auto last = LastByte(part_);
  if (!last || offset_ + received_bytes_ <= *last) return absl::OkStatus();
  has_all_ = true;
  if (offset_ + received_bytes_ == *last + 1) return absl::OkStatus();
  return absl::CancelledError("more than the part is not wanted");
}

absl::Status BlobAnswerReceiver::OnUnsatisfied(const Url& url,
                                               const HttpHead& head) {
  host_ = url.host_and_port();
  const auto size = ParseUnsatisfiedRange(head.fields.First("Content-Range"));
  if (!size) return Invalid("it answered 416 for a blob");
  RETURN_IF_ERROR(sink_.OnHeader({*size, std::min(part_.offset, *size),
                                  StrongEtagOf(head.fields.First("ETag"))}));
  if (part_.offset >= *size) return absl::OkStatus();
  return errors::UpstreamUnavailable(
      host_, "it answered 416 for a part of a blob that it has");
}

absl::Status BlobAnswerReceiver::Finish() const {
  if (is_short_ && received_bytes_ == *expected_bytes_) {
    return errors::UpstreamUnavailable(
        host_, absl::StrCat("it sent ", received_bytes_,
                            " bytes, less than the part asked"));
  }
  if (!expected_bytes_ || received_bytes_ == *expected_bytes_) {
    return absl::OkStatus();
  }
  return errors::UpstreamUnavailable(
      host_, absl::StrCat("the response body ended early: received ",
                          received_bytes_, " of ", *expected_bytes_, " bytes"));
}

}  // namespace cvr
