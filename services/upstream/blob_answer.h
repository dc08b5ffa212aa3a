#ifndef SERVICES_UPSTREAM_BLOB_ANSWER_H_
#define SERVICES_UPSTREAM_BLOB_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/http/hop_runner.h"

namespace cvr {

// Whether `part` is less than a whole blob.
bool IsPart(const UpstreamBlobPart& part);

// The fields that ask for `part`: none for a whole blob.
void AddPartFields(const UpstreamBlobPart& part, HttpFields& fields);

// Passes a blob's body on, once its head fits what was asked for: 200 is the
// whole blob; 206, or 200 with a Content-Range, is what that says, which may be
// more than the part or less, but must not begin after it. What is beyond the
// part is not waited for. Bytes are passed as they come, also
// under a Content-Encoding: only the digest tells what they are. Not
// thread-safe.
class BlobAnswerReceiver : public HopReceiver {
 public:
  // Both must outlive it.
  BlobAnswerReceiver(const UpstreamBlobPart& part, UpstreamBlobSink& sink)
      : part_(part), sink_(sink) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override;
  absl::Status OnBytes(absl::string_view bytes) override;

  // Once the answer is complete. Errors: UNAVAILABLE when bytes are missing.
  absl::Status Finish() const;
  // The answer is 416, with a `Content-Range: bytes */size`. OK when nothing is
  // missing, as of an empty blob.
  absl::Status OnUnsatisfied(const Url& url, const HttpHead& head);
  // The part has come, whatever the transfer ended with.
  bool has_all() const { return has_all_; }

 private:
  absl::Status Invalid(absl::string_view detail) const;
  // The header of a 206.
  absl::StatusOr<UpstreamBlobHeader> PartHeader(const HttpFields& fields);

  const UpstreamBlobPart& part_;
  UpstreamBlobSink& sink_;
  std::string host_;
  std::optional<uint64_t> expected_bytes_;  // Of the body, when it is said.
  uint64_t received_bytes_ = 0;
  uint64_t offset_ = 0;    // Where the body begins.
  bool is_short_ = false;  // It ends before the part does.
  bool has_all_ = false;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_BLOB_ANSWER_H_
