#include "tests/support/fake_metadata_client.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::testing {

absl::StatusOr<UpstreamAccess> FakeMetadataClient::GetUpstreamAccess(
    int64_t upstream_id) {
  MutexLock lock(&mutex_);
  ++access_requests_;
  if (!failure_.ok()) return failure_;
  if (removed_.contains(upstream_id)) {
    return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  }
  UpstreamAccess access;
  access.id = upstream_id;
  const auto identity = identities_.find(upstream_id);
  if (identity != identities_.end()) access.identity = identity->second;
  access.cache_epoch = 1;
  const auto password = passwords_.find(upstream_id);
  if (password != passwords_.end()) {
    access.username = "user";
    std::tie(access.password, access.version) = password->second;
  }
  access.name = absl::StrCat("upstream-", upstream_id);
  access.url = absl::StrCat("http://", access.name, ".test");
  return access;
}

absl::StatusOr<std::vector<int64_t>> FakeMetadataClient::FindPossessing(
    const Digest& digest, absl::Span<const int64_t> identities) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<int64_t> found;
  for (const int64_t identity : identities) {
    if (possessions_.contains({digest, identity})) found.push_back(identity);
  }
  return found;
}

void FakeMetadataClient::AddPossession(const Digest& digest, int64_t identity) {
  MutexLock lock(&mutex_);
  possessions_.insert({digest, identity});
}

void FakeMetadataClient::SetIdentity(int64_t upstream_id, int64_t identity) {
  MutexLock lock(&mutex_);
  identities_[upstream_id] = identity;
}

void FakeMetadataClient::SetPassword(int64_t upstream_id, std::string password,
                                     int64_t version) {
  MutexLock lock(&mutex_);
  passwords_[upstream_id] = {std::move(password), version};
}

int FakeMetadataClient::access_requests() const {
  MutexLock lock(&mutex_);
  return access_requests_;
}

absl::Status FakeMetadataClient::Record(const CacheRecord& record) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  RETURN_IF_ERROR(Check(record.epoch()));
  if (record.delivered_to != 0) {
    possessions_.insert({record.target.digest, record.delivered_to});
  }
  records_.push_back(record);
  changed_.SignalAll();
  return absl::OkStatus();
}

absl::Status FakeMetadataClient::Touch(const UpstreamEpoch& upstream,
                                       const ContentRef& content,
                                       const Digest& digest,
                                       bool counts_as_pull) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  touched_.push_back(
      {upstream.upstream_id, content.RelativePath(), digest, counts_as_pull});
  changed_.SignalAll();
  return absl::OkStatus();
}

absl::Status FakeMetadataClient::RecordNegativeAnswer(
    const UpstreamEpoch& upstream, const ContentRef& content,
    NegativeAnswer negative_answer) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  denials_.push_back(
      {upstream.upstream_id, content.RelativePath(), negative_answer});
  return absl::OkStatus();
}

absl::Status FakeMetadataClient::Check(const UpstreamEpoch& upstream) const {
  if (removed_.contains(upstream.upstream_id)) {
    return errors::NoSuch("upstream", absl::StrCat(upstream.upstream_id));
  }
  const auto purged = epochs_.find(upstream.upstream_id);
  if (purged == epochs_.end() || upstream.cache_epoch == purged->second) {
    return absl::OkStatus();
  }
  return absl::AbortedError("the upstream was purged or changed meanwhile");
}

absl::StatusOr<std::vector<UpstreamEpoch>> FakeMetadataClient::CheckUpstreams(
    absl::Span<const UpstreamEpoch> upstreams) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<UpstreamEpoch> outdated;
  for (const UpstreamEpoch& upstream : upstreams) {
    if (removed_.contains(upstream.upstream_id) ||
        withdrawn_.contains(upstream.upstream_id)) {
      outdated.push_back(upstream);
    }
  }
  return outdated;
}

absl::StatusOr<std::vector<Digest>> FakeMetadataClient::FilterUnreferenced(
    absl::Span<const Digest> digests) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<Digest> found;
  for (const Digest& digest : digests) {
    const bool is_used = std::any_of(
        records_.begin(), records_.end(),
        [&](const auto& record) { return record.target.digest == digest; });
    if (!is_used) found.push_back(digest);
  }
  return found;
}

void FakeMetadataClient::Withdraw(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  withdrawn_.insert(upstream_id);
}

void FakeMetadataClient::Purge(int64_t upstream_id, int64_t epoch) {
  MutexLock lock(&mutex_);
  epochs_[upstream_id] = epoch;
  records_.erase(std::remove_if(records_.begin(), records_.end(),
                                [&](const CacheRecord& record) {
                                  return record.upstream_id == upstream_id;
                                }),
                 records_.end());
}

absl::StatusOr<std::vector<RefreshDue>> FakeMetadataClient::TakeRefreshDue(
    int max) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<RefreshDue> taken;
  while (!due_.empty() && static_cast<int>(taken.size()) < max) {
    taken.push_back(std::move(due_.front()));
    due_.erase(due_.begin());
  }
  return taken;
}

void FakeMetadataClient::AddRefreshDue(RefreshDue due) {
  MutexLock lock(&mutex_);
  due_.push_back(std::move(due));
}

absl::Status FakeMetadataClient::ForgetContent(
    absl::Span<const Digest> digests) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) {
    ++failed_forgets_;
    changed_.SignalAll();
    return failure_;
  }
  forgotten_content_.emplace_back(digests.begin(), digests.end());
  changed_.SignalAll();
  return absl::OkStatus();
}

void FakeMetadataClient::RemoveUpstream(int64_t upstream_id) {
  MutexLock lock(&mutex_);
  removed_.insert(upstream_id);
}

void FakeMetadataClient::FailWith(absl::Status status) {
  MutexLock lock(&mutex_);
  failure_ = std::move(status);
}

std::vector<CacheRecord> FakeMetadataClient::records() const {
  MutexLock lock(&mutex_);
  return records_;
}

std::vector<FakeMetadataClient::Touched> FakeMetadataClient::touched() const {
  MutexLock lock(&mutex_);
  return touched_;
}

std::vector<FakeMetadataClient::Denied> FakeMetadataClient::negative_entries()
    const {
  MutexLock lock(&mutex_);
  return denials_;
}

std::vector<std::vector<Digest>> FakeMetadataClient::forgotten_content() const {
  MutexLock lock(&mutex_);
  return forgotten_content_;
}

int FakeMetadataClient::download_count() const {
  MutexLock lock(&mutex_);
  const auto counts = [](const auto& call) { return call.counts_as_pull; };
  return std::count_if(records_.begin(), records_.end(), counts) +
         std::count_if(touched_.begin(), touched_.end(), counts);
}

void FakeMetadataClient::AwaitRecords(size_t count) const {
  MutexLock lock(&mutex_);
  while (records_.size() < count) changed_.Wait(&mutex_);
}

void FakeMetadataClient::AwaitTouched(size_t count) const {
  MutexLock lock(&mutex_);
  while (touched_.size() < count) changed_.Wait(&mutex_);
}

void FakeMetadataClient::AwaitFailedForgets(size_t calls) const {
  MutexLock lock(&mutex_);
  while (failed_forgets_ < calls) changed_.Wait(&mutex_);
}

void FakeMetadataClient::AwaitForgottenContent(size_t calls) const {
  MutexLock lock(&mutex_);
  while (forgotten_content_.size() < calls) changed_.Wait(&mutex_);
}

absl::StatusOr<std::vector<Garbage>> FakeMetadataClient::ListGarbage(
    int64_t start_after, int max) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<Garbage> found;
  for (const Garbage& one : garbage_) {
    if (one.id <= start_after || static_cast<int>(found.size()) == max)
      continue;
    found.push_back(one);
  }
  return found;
}

absl::Status FakeMetadataClient::RemoveGarbage(absl::Span<const int64_t> ids) {
  MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  for (const int64_t id : ids) {
    garbage_.erase(
        std::remove_if(garbage_.begin(), garbage_.end(),
                       [&](const Garbage& one) { return one.id == id; }),
        garbage_.end());
  }
  changed_.SignalAll();
  return absl::OkStatus();
}

void FakeMetadataClient::AddGarbage(const Digest& digest) {
  MutexLock lock(&mutex_);
  garbage_.push_back({++garbage_ids_, digest});
}

std::vector<Digest> FakeMetadataClient::garbage() const {
  MutexLock lock(&mutex_);
  std::vector<Digest> digests;
  for (const Garbage& one : garbage_) digests.push_back(one.digest);
  return digests;
}

void FakeMetadataClient::AwaitNoGarbage() const {
  MutexLock lock(&mutex_);
  while (!garbage_.empty()) changed_.Wait(&mutex_);
}

}  // namespace cvr::testing
