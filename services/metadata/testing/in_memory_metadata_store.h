#ifndef SERVICES_METADATA_TESTING_IN_MEMORY_METADATA_STORE_H_
#define SERVICES_METADATA_TESTING_IN_MEMORY_METADATA_STORE_H_

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "services/concurrency/mutex.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// A MetadataStore that forgets everything when destroyed. For tests: a write
// copies every table that it changes.
class InMemoryMetadataStore : public MetadataStore {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;
  using Tables = std::array<std::shared_ptr<const Rows>, kTableCount>;

  InMemoryMetadataStore();
  // Starts with what another one held.
  explicit InMemoryMetadataStore(Tables tables) : tables_(std::move(tables)) {}

  // What it holds now; cheap.
  Tables Snapshot() const;

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override;
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override;

 private:
  // Held for a whole write, before mutex_.
  Mutex write_mutex_;

  mutable Mutex mutex_;
  Tables tables_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_TESTING_IN_MEMORY_METADATA_STORE_H_
