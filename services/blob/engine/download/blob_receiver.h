#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_RECEIVER_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_RECEIVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/blob/engine/download/blob_feed.h"
#include "services/blob/engine/walk/buffer_pool.h"
#include "services/upstream/api/upstream_client.h"

namespace cvr {

// Turns what upstreams send into the chunks of one feed. Lives through every
// attempt: what one has sent, the next one need not send again. Not
// thread-safe.
class BlobReceiver : public UpstreamBlobSink {
 public:
  // `on_answer` is called at each header that fits what is known of the blob;
  // `cancel` ends calls to upstreams. Both references must outlive this object.
  BlobReceiver(BlobFeed& feed, BufferPool& buffers,
               std::function<void()> on_answer, std::stop_token cancel = {});

  // Before anything else: the first bytes are here already.
  void Resume(uint64_t bytes) { received_bytes_ = bytes; }

  // Another upstream is asked from now on, which errors call `host`.
  void SwitchUpstream(std::string host);

  // What is still wanted; until the size is known a byte more, so that the
  // answer is never an empty part, which upstreams refuse.
  UpstreamBlobPart NextPart() const;
  // Every byte of a size that is known has come.
  bool IsComplete() const;
  uint64_t received_bytes() const { return received_bytes_; }

  // Bytes were lost on the way to the feed: only a new start helps.
  bool has_lost_bytes() const { return lost_bytes_; }

  // Errors: UNAVAILABLE (reason UPSTREAM_INVALID) when the answer does not fit
  // what has been received, or no blob is that large.
  absl::Status OnHeader(const UpstreamBlobHeader& header) override;
  // Errors: CANCELLED when the feed wants no more; as OnHeader(), also when the
  // upstream does not say the size and the blob cannot be stored.
  absl::Status OnBytes(absl::string_view bytes) override;
  std::stop_token cancel() const override { return cancel_; }

  // The upstream has sent all it has: passes on the last chunk and ends the
  // feed's input. Errors: UNAVAILABLE (reason UPSTREAM_UNAVAILABLE) when bytes
  // are missing; CANCELLED.
  absl::Status Finish();

 private:
  absl::Status PushBuffer();

  BlobFeed& feed_;
  BufferPool& buffers_;
  const std::function<void()> on_answer_;
  const std::stop_token cancel_;

  std::string host_;
  std::string etag_;
  uint64_t received_bytes_ = 0;
  uint64_t skip_bytes_ = 0;  // Sent again, though we have them.
  std::shared_ptr<char> buffer_;
  size_t filled_bytes_ = 0;
  bool lost_bytes_ = false;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_RECEIVER_H_
