#ifndef SERVICES_METADATA_ADMIN_VALIDATE_ONLY_H_
#define SERVICES_METADATA_ADMIN_VALIDATE_ONLY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/transactions.h"

namespace cvr {

// WriteValue(), or with `validate_only` what it would answer: `fn` runs all the
// same, so that nothing is checked otherwise, and what it wrote is discarded.
// Nobody who watches the store is told of it.
template <typename T, typename Fn>
absl::StatusOr<T> WriteOrTry(MetadataStore& store, bool validate_only,
                             Fn&& fn) {
  if (!validate_only) return WriteValue<T>(store, fn);
  absl::StatusOr<T> result = absl::UnknownError("not run");
  const absl::Status discarded = store.Write(
      [&](WriteTransaction& transaction) {
        result = fn(transaction);
        return result.ok() ? absl::CancelledError("only tried")
                           : result.status();
      },
      Durability::kBuffered);
  return absl::IsCancelled(discarded) || !result.ok()
             ? result
             : absl::StatusOr<T>(discarded);
}

// The same of a change that answers nothing.
template <typename Fn>
absl::Status ChangeOrTry(MetadataStore& store, bool validate_only, Fn&& fn) {
  return WriteOrTry<bool>(
             store, validate_only,
             [&](WriteTransaction& transaction) -> absl::StatusOr<bool> {
               const absl::Status status = fn(transaction);
               if (!status.ok()) return status;
               return true;
             })
      .status();
}

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_VALIDATE_ONLY_H_
