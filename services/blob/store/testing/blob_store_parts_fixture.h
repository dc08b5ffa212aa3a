#ifndef SERVICES_BLOB_STORE_TESTING_BLOB_STORE_PARTS_FIXTURE_H_
#define SERVICES_BLOB_STORE_TESTING_BLOB_STORE_PARTS_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "services/blob/store/blob_store_parts.h"
#include "services/common/digest.h"
#include "services/common/time_wire.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {

// The parts of a store, without the store, over a directory of their own.
class BlobStorePartsTest : public ::testing::Test {
 protected:
  BlobStorePartsTest() {
    auto database =
        BlobStoreDatabase::Open({.directory = directory_.path(),
                                 .env = rocksdb::Env::Default(),
                                 .open_files_max = 16,
                                 .record_cache_bytes = size_t{1} << 20});
    EXPECT_THAT(database, IsOk());
    parts_ = std::make_unique<BlobStoreParts>(
        *std::move(database),
        InterruptedUploads::Bounds{.bytes_max = uint64_t{1} << 30,
                                   .age_max = absl::Hours(24)});
  }

  // Writes the record of a small blob, last used then. The catalog does not
  // know it.
  Digest PutInline(const std::string& bytes, absl::Time last_use) {
    const Digest digest = Digest::OfBytes(bytes);
    BlobStoreParts::Record record;
    record.set_size(bytes.size());
    *record.mutable_last_use_time() = ToWire(last_use);
    EXPECT_THAT(parts_->records.Put(digest, record, bytes), IsOk());
    return digest;
  }

  bool HasRecord(const Digest& digest) const {
    const auto record = parts_->Find(digest);
    EXPECT_THAT(record, IsOk());
    return record.ok() && record->has_value();
  }

  // What the catalog knows, the least recently used first.
  std::vector<Digest> Catalog() const {
    std::vector<Digest> digests;
    parts_->catalog.VisitOldest([&](const Digest& digest, uint64_t) {
      digests.push_back(digest);
      return true;
    });
    return digests;
  }

  const TemporaryDirectory directory_;
  FakeClock clock_;
  std::unique_ptr<BlobStoreParts> parts_;
};

}  // namespace cvr::testing

#endif  // SERVICES_BLOB_STORE_TESTING_BLOB_STORE_PARTS_FIXTURE_H_
