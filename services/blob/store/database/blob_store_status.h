#ifndef SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_STATUS_H_
#define SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/status.h"

namespace cvr {

// What RocksDB says while the store writes: RESOURCE_EXHAUSTED when the disk is
// full, DATA_LOSS for damaged files, INTERNAL for a disk that fails.
absl::Status FromRocksDb(const rocksdb::Status& status,
                         absl::string_view doing);

}  // namespace cvr

#endif  // SERVICES_BLOB_STORE_DATABASE_BLOB_STORE_STATUS_H_
