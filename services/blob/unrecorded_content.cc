#include "services/blob/unrecorded_content.h"

#include "services/rpc/rpc_status.h"
#include "spdlog/spdlog.h"

namespace cvr {

UnrecordedContent::UnrecordedContent(PullMetadata& metadata,
                                     absl::Duration retry_interval)
    : metadata_(metadata), retry_interval_(retry_interval) {
  recording_.emplace("late-records", [this] { RecordLate(); });
}

UnrecordedContent::~UnrecordedContent() {
  sleeper_.Stop();
  recording_.reset();
}

std::vector<Digest> UnrecordedContent::Take(size_t max) {
  MutexLock lock(&mutex_);
  std::vector<Digest> taken;
  while (taken.size() < max && !digests_.empty()) {
    taken.push_back(*digests_.begin());
    digests_.erase(digests_.begin());
  }
  return taken;
}

void UnrecordedContent::PutBack(const std::vector<Digest>& digests) {
  for (const Digest& digest : digests) Note(digest);
}

void UnrecordedContent::Note(const Digest& digest) {
  MutexLock lock(&mutex_);
  if (digests_.size() < kDigestsMax) digests_.insert(digest);
}

absl::Status UnrecordedContent::Record(const CacheRecord& record) {
  late_.Forget(record.upstream_id, record.content);
  const absl::Status recorded = metadata_.Record(record);
  if (!WasAnswered(recorded) && late_.Add(record)) {
    spdlog::info("{} of upstream {} is recorded later: {}",
                 record.content.RelativePath(), record.upstream_id,
                 recorded.ToString());
    return absl::OkStatus();
  }
  if (!recorded.ok()) Note(record.target.digest);
  return recorded;
}

void UnrecordedContent::RecordLate() {
  while (sleeper_.Sleep(retry_interval_)) {
    while (const auto late = late_.First()) {
      const CacheRecord& record = late->record;
      const absl::Status recorded = metadata_.Record(record);
      if (!WasAnswered(recorded)) break;
      late_.Remove(late->number);
      if (recorded.ok()) continue;
      spdlog::warn("{} of upstream {} is not recorded: {}",
                   record.content.RelativePath(), record.upstream_id,
                   recorded.ToString());
      Note(record.target.digest);
    }
  }
}

absl::Status UnrecordedContent::Touch(const UpstreamEpoch& upstream,
                                      const ContentRef& content,
                                      const Digest& digest,
                                      bool counts_as_pull) {
  return metadata_.Touch(upstream, content, digest, counts_as_pull);
}

absl::StatusOr<UpstreamAccess> UnrecordedContent::GetUpstreamAccess(
    int64_t upstream_id) {
  return metadata_.GetUpstreamAccess(upstream_id);
}

absl::StatusOr<std::vector<int64_t>> UnrecordedContent::FindPossessing(
    const Digest& digest, absl::Span<const int64_t> identities) {
  return metadata_.FindPossessing(digest, identities);
}

absl::Status UnrecordedContent::RecordNegativeAnswer(
    const UpstreamEpoch& upstream, const ContentRef& content,
    NegativeAnswer negative_answer) {
  late_.Forget(upstream.upstream_id, content);
  return metadata_.RecordNegativeAnswer(upstream, content, negative_answer);
}

}  // namespace cvr
