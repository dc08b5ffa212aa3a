#include "gateway/outage/resumed_stream.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/transport/steady_time.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Tried again even if the services do not seem to be there.
constexpr absl::Duration kAttemptInterval = absl::Seconds(1);

class ResumedStream : public ContentStream {
 public:
  ResumedStream(std::unique_ptr<ContentStream> stream, uint64_t taken_bytes,
                OutageHold& outages, ReopenStream reopen)
      : header_(stream->header()),
        outages_(outages),
        stream_(std::move(stream)),
        taken_bytes_(taken_bytes),
        reopen_(std::move(reopen)) {}

  const ContentHeader& header() const override { return header_; }

  absl::StatusOr<Chunk> Next() override {
    auto chunk = stream_->Next();
    if (IsOutage(chunk.status()) && left_bytes() > 0) {
      chunk = NextAfterOutage(chunk.status());
    }
    if (chunk.ok()) taken_bytes_ += chunk->size();
    return chunk;
  }

  // What is opened later is cancelled by whoever tracks it.
  void Cancel() override { stream_->Cancel(); }

 private:
  uint64_t left_bytes() const { return header_.range.length - taken_bytes_; }

  absl::StatusOr<Chunk> NextAfterOutage(absl::Status outage) {
    const absl::Time end = SteadyTime() + outages_.wait_max();
    absl::StatusOr<Chunk> chunk = std::move(outage);
    while (IsOutage(chunk.status()) && SteadyTime() < end) {
      if (!outages_.AwaitServices(
              std::min(end, SteadyTime() + kAttemptInterval))) {
        break;
      }
      chunk = NextReopened();
    }
    return chunk;
  }

  absl::StatusOr<Chunk> NextReopened() {
    const uint64_t offset = header_.range.offset + taken_bytes_;
    ASSIGN_OR_RETURN(BegunStream begun, reopen_(offset));
    const ContentHeader& again = begun.stream->header();
    if (again.target.digest != header_.target.digest ||
        again.range.offset != offset || again.range.length < left_bytes()) {
      return absl::InternalError("other bytes came after an outage");
    }
    stream_ = std::move(begun.stream);
    return std::move(begun.first);
  }

  const ContentHeader header_;
  OutageHold& outages_;
  std::unique_ptr<ContentStream> stream_;
  uint64_t taken_bytes_;
  ReopenStream reopen_;
};

}  // namespace

std::unique_ptr<ContentStream> ResumeAfterOutages(
    const Chunk& first, std::unique_ptr<ContentStream> stream,
    OutageHold& outages, ReopenStream reopen) {
  return std::make_unique<ResumedStream>(std::move(stream), first.size(),
                                         outages, std::move(reopen));
}

bool IsOutage(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  switch (ReasonOf(status)) {
    case Reason::kNone:
    case Reason::kServiceUnavailable:
    case Reason::kShuttingDown:
    case Reason::kOverloaded:
      return true;
    default:
      return false;
  }
}

}  // namespace cvr
