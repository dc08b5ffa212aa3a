#ifndef SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_
#define SERVICES_METADATA_STORE_WATCHED_METADATA_STORE_H_

#include <bitset>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/types/span.h"
#include "services/metadata/store/metadata_store.h"

namespace cvr {

// A MetadataStore with a callback for changes, so that caches of its contents
// stay coherent whichever code writes: a Write() that may have changed a
// watched table does not return before the callback has returned.
class WatchedMetadataStore : public MetadataStore {
 public:
  // Watches `tables`. The callback of SetOnChange() runs in every Write() that
  // put or deleted a row of them, after the commit and before Write() returns;
  // also if the commit failed, because its outcome is unknown. Several threads
  // may call it at the same time. It must not write to the store.
  WatchedMetadataStore(std::unique_ptr<MetadataStore> store,
                       absl::Span<const Table> tables);

  // Must be called before the first write. Null = no callback.
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
