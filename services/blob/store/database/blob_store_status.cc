#include "services/blob/store/database/blob_store_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {

absl::Status FromRocksDb(const rocksdb::Status& status,
                         absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  if (status.IsNoSpace()) return errors::StoreFull(message);
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return absl::DataLossError(message);
  }
  return absl::InternalError(message);
}

}  // namespace cvr
