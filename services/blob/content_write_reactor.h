#ifndef SERVICES_BLOB_CONTENT_WRITE_REACTOR_H_
#define SERVICES_BLOB_CONTENT_WRITE_REACTOR_H_

#include <memory>
#include <optional>
#include <stop_token>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// Sends one ContentStream to one caller. Whatever blocks runs on the pool, and
// only while the caller keeps up: one message is being sent and one is ready,
// then the stream waits without a thread. Ends early when the caller hangs up.
// Deletes itself when the call is over.
class ContentWriteReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // The token ends its waits: the caller has hung up.
  using Opener =
      absl::AnyInvocable<absl::StatusOr<std::unique_ptr<ContentStream>>(
          std::stop_token)>;

  // Uses `share` of the pool, which must outlive the call. When that is used
  // up, the call ends with the pool's error.
  static ContentWriteReactor* Start(Opener open, ShareKey share,
                                    FairPool& pool);

 private:
  ContentWriteReactor(Opener open, ShareKey share, FairPool& pool)
      : open_(std::move(open)), share_(std::move(share)), pool_(pool) {}

  // The pump: one task on the pool at a time.
  void ResumePump();
  void Pump();
  absl::Status Open();
  // Sends it now, or has it ready. Answers whether the pump goes on.
  bool Send(grpc::ByteBuffer message);
  // Both end the pump, which must not touch this object afterwards.
  void EndWith(grpc::ByteBuffer message, const absl::Status& status);
  void End(const absl::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

  std::stop_source hung_up_;
  Opener open_;  // Of the pump.
  const ShareKey share_;
  FairPool& pool_;

  // Of whoever has set writing_.
  grpc::ByteBuffer sending_;

  Mutex mutex_;
  // Set once, by the pump; then the pump's, but for Cancel().
  std::unique_ptr<ContentStream> stream_ ABSL_GUARDED_BY(mutex_);
  bool pumping_ ABSL_GUARDED_BY(mutex_) = true;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::ByteBuffer> ready_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_CONTENT_WRITE_REACTOR_H_
