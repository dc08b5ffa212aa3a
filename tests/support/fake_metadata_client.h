#ifndef TESTS_SUPPORT_FAKE_METADATA_CLIENT_H_
#define TESTS_SUPPORT_FAKE_METADATA_CLIENT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/metadata_client.h"

namespace cvr::testing {

// Knows every upstream, unless told otherwise, and notes what it is told.
// Thread-safe.
class FakeMetadataClient : public MetadataClient {
 public:
  struct Touched {
    int64_t upstream_id;
    std::string path;
    Digest digest;
    bool counts_as_pull;
  };
  struct Denied {
    int64_t upstream_id;
    std::string path;
    NegativeAnswer negative_answer;
  };

  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(
      int64_t upstream_id) override;
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest& digest, absl::Span<const int64_t> identities) override;
  absl::Status Record(const CacheRecord& record) override;
  absl::Status Touch(const UpstreamEpoch& upstream, const ContentRef& content,
                     const Digest& digest, bool counts_as_pull) override;
  absl::Status RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                    const ContentRef& content,
                                    NegativeAnswer negative_answer) override;
  absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch> upstreams) override;
  absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int max) override;
  absl::Status ForgetContent(absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest> digests) override;
  absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t start_after,
                                                   int max) override;
  absl::Status RemoveGarbage(absl::Span<const int64_t> ids) override;

  // `identity` has the bytes of `digest`, as if a record had said so.
  void AddPossession(const Digest& digest, int64_t identity);
  // The upstream is asked as `identity` from now on; before, and for 0, as
  // nobody that is known.
  void SetIdentity(int64_t upstream_id, int64_t identity);
  // From now on the upstream has that password, as of that version. Before, it
  // has none and no version is known.
  void SetPassword(int64_t upstream_id, std::string password, int64_t version);
  // Calls of GetUpstreamAccess() so far.
  int access_requests() const;
  // From now on CheckUpstreams() names that upstream, whatever the epoch.
  void Withdraw(int64_t upstream_id);
  // Forgets what was recorded of that upstream, and records only what was found
  // out under that epoch from now on.
  void Purge(int64_t upstream_id, int64_t epoch);
  // That upstream is gone from now on.
  void RemoveUpstream(int64_t upstream_id);
  // What TakeRefreshDue() gives out.
  void AddRefreshDue(RefreshDue due);
  // What ListGarbage() names, until it is removed.
  void AddGarbage(const Digest& digest);
  std::vector<Digest> garbage() const;
  // Blocks until there is none.
  void AwaitNoGarbage() const;
  // Every call fails with `status` from now on; OK = none does.
  void FailWith(absl::Status status);

  std::vector<CacheRecord> records() const;
  std::vector<Touched> touched() const;
  std::vector<Denied> negative_entries() const;
  // What ForgetContent() was given, call by call.
  std::vector<std::vector<Digest>> forgotten_content() const;
  // Records and touches that count as a download.
  int download_count() const;

  // Blocks until so many records, or touches, have been made in all.
  void AwaitRecords(size_t count) const;
  void AwaitTouched(size_t count) const;
  // Blocks until so many calls of ForgetContent() have succeeded, or failed.
  void AwaitForgottenContent(size_t calls) const;
  void AwaitFailedForgets(size_t calls) const;

 private:
  absl::Status Check(const UpstreamEpoch& upstream) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<int64_t> removed_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, int64_t> identities_ ABSL_GUARDED_BY(mutex_);
  // And their versions.
  absl::flat_hash_map<int64_t, std::pair<std::string, int64_t>> passwords_
      ABSL_GUARDED_BY(mutex_);
  int access_requests_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<std::pair<Digest, int64_t>> possessions_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<int64_t> withdrawn_ ABSL_GUARDED_BY(mutex_);
  // Of upstreams that were purged.
  absl::flat_hash_map<int64_t, int64_t> epochs_ ABSL_GUARDED_BY(mutex_);
  std::vector<CacheRecord> records_ ABSL_GUARDED_BY(mutex_);
  std::vector<Touched> touched_ ABSL_GUARDED_BY(mutex_);
  std::vector<Denied> denials_ ABSL_GUARDED_BY(mutex_);
  std::vector<RefreshDue> due_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::vector<Digest>> forgotten_content_ ABSL_GUARDED_BY(mutex_);
  std::vector<Garbage> garbage_ ABSL_GUARDED_BY(mutex_);
  int64_t garbage_ids_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t failed_forgets_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_FAKE_METADATA_CLIENT_H_
