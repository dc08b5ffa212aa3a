#include "services/blob/blob_store_records.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/iterator.h"
#include "services/blob/blob_store_status.h"
#include "services/blob/chunk_key.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

absl::StatusOr<BlobStoreRecords::Record> Parse(rocksdb::Slice bytes) {
  BlobStoreRecords::Record record;
  if (record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return record;
  }
  return absl::DataLossError("a record is damaged");
}

}  // namespace

absl::StatusOr<std::optional<BlobStoreRecords::Record>> BlobStoreRecords::Find(
    const Digest& digest) const {
  rocksdb::PinnableSlice bytes;
  const rocksdb::Status status = database_->db().Get(
      rocksdb::ReadOptions(), database_->blobs(), BlobKey(digest), &bytes);
  if (status.IsNotFound()) return std::optional<Record>();
  RETURN_IF_ERROR(FromRocksDb(status, "reading a record"));
  return Parse(bytes);
}

absl::StatusOr<std::optional<Chunk>> BlobStoreRecords::FindInline(
    const Digest& digest) const {
  std::string bytes;
  const rocksdb::Status status = database_->db().Get(
      rocksdb::ReadOptions(), database_->inlined(), BlobKey(digest), &bytes);
  if (status.IsNotFound()) return std::optional<Chunk>();
  if (!status.ok()) {
    return errors::ContentDamaged(digest.ToString(), status.ToString());
  }
  return Chunk::OfString(std::move(bytes));
}

absl::Status BlobStoreRecords::Put(const Digest& digest, const Record& record,
                                   absl::string_view inline_bytes) {
  const std::string key = BlobKey(digest);
  rocksdb::WriteBatch batch;
  batch.Put(database_->blobs(), key, record.SerializeAsString())
      .PermitUncheckedError();
  if (record.generation() == 0) {
    const rocksdb::Slice bytes(inline_bytes.data(), inline_bytes.size());
    batch.Put(database_->inlined(), key, bytes).PermitUncheckedError();
  }
  return database_->Write(&batch, /*sync=*/true);
}

absl::Status BlobStoreRecords::Delete(const Digest& digest) {
  const std::string key = BlobKey(digest);
  rocksdb::WriteBatch batch;
  batch.Delete(database_->blobs(), key).PermitUncheckedError();
  batch.Delete(database_->inlined(), key).PermitUncheckedError();
  return database_->Write(&batch, /*sync=*/true);
}

absl::Status BlobStoreRecords::Touch(const Digest& digest,
                                     const Record& record) {
  rocksdb::WriteBatch batch;
  batch.Put(database_->blobs(), BlobKey(digest), record.SerializeAsString())
      .PermitUncheckedError();
  return database_->Write(&batch, /*sync=*/false);
}

absl::Status BlobStoreRecords::ForEach(
    absl::FunctionRef<void(const Digest&, const Record&)> visit) const {
  const std::unique_ptr<rocksdb::Iterator> row(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->blobs()));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    const auto digest = ParseBlobKey({row->key().data(), row->key().size()});
    if (!digest.has_value()) continue;  // The format.
    ASSIGN_OR_RETURN(const Record record, Parse(row->value()));
    visit(*digest, record);
  }
  return FromRocksDb(row->status(), "reading records");
}

}  // namespace cvr
