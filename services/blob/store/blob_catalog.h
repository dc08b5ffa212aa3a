#ifndef SERVICES_BLOB_STORE_BLOB_CATALOG_H_
#define SERVICES_BLOB_STORE_BLOB_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// What is stored, and how recently it was used, in memory: some 150 bytes per
// blob. Thread-safe; every call but VisitOldest() and TakeUses() takes constant
// time.
class BlobCatalog {
 public:
  struct Usage {
    uint64_t blobs = 0;
    uint64_t bytes = 0;
  };

  struct Use {
    Digest digest;
    absl::Time time;
  };

  // As the most recently used of all. At start: least recently used first.
  void Add(const Digest& digest, uint64_t bytes);
  void Remove(const Digest& digest);

  // Notes a use; returns how many wait for TakeUses().
  size_t Touch(const Digest& digest, absl::Time now);

  Usage usage() const;

  // The least recently used first, as long as `visit` answers true. `visit`
  // runs under the catalog's lock: it must be quick and not call it.
  void VisitOldest(absl::FunctionRef<bool(const Digest& digest, uint64_t bytes)>
                       visit) const;

  // The last use of every blob that was used since the last call.
  std::vector<Use> TakeUses();

 private:
  struct Entry {
    Digest digest;
    uint64_t bytes;
    absl::Time unsaved_use = absl::InfinitePast();
  };
  using Entries = std::list<Entry>;

  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // Least recently used first.
  absl::flat_hash_map<Digest, Entries::iterator> index_ ABSL_GUARDED_BY(mutex_);
  std::vector<Digest> used_ ABSL_GUARDED_BY(mutex_);  // Unsaved.
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_BLOB_CATALOG_H_
