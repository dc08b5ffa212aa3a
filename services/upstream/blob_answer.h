#ifndef SERVICES_UPSTREAM_BLOB_ANSWER_H_
#define SERVICES_UPSTREAM_BLOB_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/upstream/hop_runner.h"
#include "services/upstream/upstream_client.h"

namespace cvr {

// The fields that ask for `part`: none for a whole blob.
void AddPartFields(const UpstreamBlobPart& part, HttpFields& fields);

// Passes a blob's body on, once its head fits what was asked for: 200 is the
// whole blob, 206 must be exactly the part. Bytes are passed as they come, also
// under a Content-Encoding: only the digest tells what they are. Not
// thread-safe.
class BlobReceiver : public HopReceiver {
 public:
  // Both must outlive it.
  BlobReceiver(const UpstreamBlobPart& part, UpstreamBlobSink& sink)
      : part_(part), sink_(sink) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override;
  absl::Status OnBytes(absl::string_view bytes) override;

  // Once the answer is complete. Errors: UNAVAILABLE when bytes are missing.
  absl::Status Finish() const;

 private:
  absl::Status Invalid(absl::string_view detail) const;
  // The header of a 206.
  absl::StatusOr<UpstreamBlobHeader> PartHeader(const HttpFields& fields);

  const UpstreamBlobPart& part_;
  UpstreamBlobSink& sink_;
  std::string host_;
  std::optional<uint64_t> expected_bytes_;  // Of the body, when it is said.
  uint64_t received_bytes_ = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_BLOB_ANSWER_H_
