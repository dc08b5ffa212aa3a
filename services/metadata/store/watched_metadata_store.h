#ifndef SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_
#define SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_

#include <bitset>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/types/span.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// A MetadataStore that tells of changes. Caches of what is read from it stay
// coherent, whoever writes: no Write() that may have changed a watched table
// returns before the callback has.
class WatchedMetadataStore : public MetadataStore {
 public:
  // `on_change` is called, after the commit and before the caller hears of it,
  // by every write that put or deleted something in `tables`; also when the
  // commit failed, since its outcome is unknown. It may be called by several
  // threads at a time and must not write to the store.
  WatchedMetadataStore(std::unique_ptr<MetadataStore> store,
                       absl::Span<const Table> tables);

  // To be called before any write. Null = nobody.
  void SetOnChange(absl::AnyInvocable<void() const> on_change);

  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override;
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override;

 private:
  const std::unique_ptr<MetadataStore> store_;
  std::bitset<kTableCount> watched_;            // Set at construction.
  absl::AnyInvocable<void() const> on_change_;  // Set before use.
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_
