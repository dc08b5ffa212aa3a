#ifndef SERVICES_BLOB_ENGINE_FAULTY_BLOB_STORE_H_
#define SERVICES_BLOB_ENGINE_FAULTY_BLOB_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "services/blob/store/blob_store.h"
#include "services/concurrency/mutex.h"

namespace cvr::testing {

// A store that misbehaves on request. Thread-safe.
class FaultyBlobStore : public BlobStore {
 public:
  explicit FaultyBlobStore(BlobStore& store) : store_(store) {}

  // The disk is full once so many bytes more have been written; absent = never.
  void FillUpAfter(std::optional<uint64_t> bytes);
  // Reads at or after that byte find damage, from readers and writers; absent =
  // none does. Dropping the blob repairs it.
  void DamageFrom(std::optional<uint64_t> offset);
  // Blocks until a read has found some, since the last DamageFrom().
  void AwaitDamageFound() const;
  // The next so many Commit() fail.
  void FailCommits(int count);
  // Writers can supply nothing before Commit().
  void SupplyLate(bool late);

  absl::StatusOr<std::shared_ptr<const BlobReader>> Open(
      const Digest& digest) override;
  absl::StatusOr<std::shared_ptr<BlobWriter>> Create(const Digest& digest,
                                                     int64_t owner) override;
  absl::Status Put(const Digest& digest, absl::string_view bytes) override;
  absl::Status Delete(const Digest& digest) override;
  absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const override;

 private:
  friend class FaultyBlobReader;
  friend class FaultyBlobWriter;

  absl::Status Take(uint64_t bytes);
  absl::Status TakeCommit();
  bool IsDamaged(uint64_t offset) const;
  bool supplies_late() const;

  BlobStore& store_;
  mutable Mutex mutex_;
  mutable CondVar found_;
  mutable bool damage_found_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<uint64_t> room_bytes_ ABSL_GUARDED_BY(mutex_);
  std::optional<uint64_t> damaged_from_ ABSL_GUARDED_BY(mutex_);
  int failing_commits_ ABSL_GUARDED_BY(mutex_) = 0;
  bool late_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr::testing

#endif  // SERVICES_BLOB_ENGINE_FAULTY_BLOB_STORE_H_
