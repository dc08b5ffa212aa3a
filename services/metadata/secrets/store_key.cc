#include "services/metadata/secrets/store_key.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

// A sealed nothing: it opens with the key of the store and with no other.
constexpr char kKeyCheck[] = "key_check";

absl::StatusOr<std::unique_ptr<SecretBox>> LoadOrCreate(
    const std::string& path) {
  auto box = SecretBox::Load(path);
  return absl::IsNotFound(box.status()) ? SecretBox::Create(path)
                                        : std::move(box);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SecretBox>> OpenStoreKey(const std::string& path,
                                                        MetadataStore& store) {
  ASSIGN_OR_RETURN(const auto check,
                   ReadValue<std::optional<std::string>>(
                       store, [](const ReadTransaction& transaction) {
                         return tables::FindSetting(transaction, kKeyCheck);
                       }));
  if (check) {
    auto box = SecretBox::Load(path);
    if (absl::IsNotFound(box.status())) {
      return absl::FailedPreconditionError(absl::StrCat(
          "key file ", path,
          " is missing, so the stored upstream credentials cannot be "
          "decrypted; restore it from a backup, or set --secret_key_file"));
    }
    RETURN_IF_ERROR(box.status());
    if ((*box)->Open(*check, kKeyCheck).ok()) return box;
    return absl::FailedPreconditionError(
        absl::StrCat("key file ", path,
                     " is not the key of this metadata store; restore the "
                     "right one, or set --secret_key_file"));
  }
  ASSIGN_OR_RETURN(auto box, LoadOrCreate(path));
  RETURN_IF_ERROR(store.Write(
      [&](WriteTransaction& transaction) {
        PutKeyCheck(transaction, *box);
        return absl::OkStatus();
      },
      Durability::kSynced));
  return box;
}

void PutKeyCheck(WriteTransaction& transaction, const SecretBox& box) {
  tables::PutSetting(transaction, kKeyCheck, box.Seal("", kKeyCheck));
}

}  // namespace cvr
