#ifndef SERVICES_METADATA_TESTING_COUNTING_METADATA_STORE_H_
#define SERVICES_METADATA_TESTING_COUNTING_METADATA_STORE_H_

#include <functional>
#include <memory>
#include <utility>

#include "services/concurrency/mutex.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr::testing {

// A MetadataStore over another that counts the rows which each write touches:
// those that it puts, deletes, looks up or scans. Thread-safe.
class CountingMetadataStore : public MetadataStore {
 public:
  struct Counts {
    int writes = 0;
    int rows_max = 0;  // Of one write.
    int64_t rows = 0;
  };

  // `store` must outlive it.
  explicit CountingMetadataStore(MetadataStore& store) : store_(store) {}

  // Is called after each write, once nothing is locked; it may write. Null =
  // nobody.
  void SetAfterWrite(std::function<void()> after_write) {
    MutexLock lock(&mutex_);
    after_write_ = std::move(after_write);
  }
  // From now on writes answer UNAVAILABLE, after so many more have succeeded.
  void FailAfter(int writes) {
    MutexLock lock(&mutex_);
    writes_left_ = writes;
  }
  // Since the last call.
  Counts TakeCounts() {
    MutexLock lock(&mutex_);
    return std::exchange(counts_, {});
  }

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override;

 private:
  MetadataStore& store_;

  Mutex mutex_;
  std::function<void()> after_write_ ABSL_GUARDED_BY(mutex_);
  int writes_left_ ABSL_GUARDED_BY(mutex_) = -1;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::testing

#endif  // SERVICES_METADATA_TESTING_COUNTING_METADATA_STORE_H_
