#include "services/blob/store/blob_store_records.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/iterator.h"
#include "services/blob/store/database/blob_store_status.h"
#include "services/blob/store/database/chunk_key.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Record = BlobStoreRecords::Record;

absl::StatusOr<Record> Parse(rocksdb::Slice bytes) {
  Record record;
  if (record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return record;
  }
  return absl::DataLossError("corrupt blob record");
}

absl::StatusOr<std::optional<Record>> Found(const rocksdb::Status& status,
                                            const std::string& bytes) {
  if (status.IsNotFound()) return std::optional<Record>();
  RETURN_IF_ERROR(FromRocksDb(status, "reading a record"));
  return Parse(bytes);
}

// No digest's key begins like this.
constexpr char kOwnerPrefix = 'u';

std::string OwnerKey(const CopyId& copy) {
  return kOwnerPrefix + ChunkKey(copy, 0);
}

}  // namespace

absl::StatusOr<std::optional<BlobStoreRecords::Record>> BlobStoreRecords::Find(
    const Digest& digest) const {
  std::string bytes;
  return Found(
      database_->Read([&](rocksdb::DB& db) { return Get(db, digest, &bytes); }),
      bytes);
}

absl::StatusOr<std::optional<BlobStoreRecords::Record>>
BlobStoreRecords::FindSettled(const Digest& digest) {
  std::string bytes;
  return Found(database_->Change(
                   [&](rocksdb::DB& db) { return Get(db, digest, &bytes); }),
               bytes);
}

rocksdb::Status BlobStoreRecords::Get(rocksdb::DB& db, const Digest& digest,
                                      std::string* bytes) const {
  return db.Get(rocksdb::ReadOptions(), database_->blobs(), BlobKey(digest),
                bytes);
}

absl::StatusOr<std::optional<Chunk>> BlobStoreRecords::FindInline(
    const Digest& digest) const {
  std::string bytes;
  const rocksdb::Status status = database_->Read([&](rocksdb::DB& db) {
    return db.Get(rocksdb::ReadOptions(), database_->inlined(), BlobKey(digest),
                  &bytes);
  });
  if (status.IsNotFound()) return std::optional<Chunk>();
  if (!status.ok()) {
    return errors::ContentDamaged(digest.ToString(), status.ToString());
  }
  return Chunk::OfString(std::move(bytes));
}

absl::Status BlobStoreRecords::Put(const Digest& digest, const Record& record,
                                   absl::string_view inline_bytes) {
  const std::string key = BlobKey(digest);
  const rocksdb::Slice bytes(inline_bytes.data(), inline_bytes.size());
  return database_->Write(/*sync=*/true, [&](rocksdb::WriteBatch* batch) {
    batch->Put(database_->blobs(), key, record.SerializeAsString())
        .PermitUncheckedError();
    if (record.generation() != 0) {
      const std::string owner = OwnerKey({digest, record.generation()});
      batch->Delete(database_->blobs(), owner).PermitUncheckedError();
      return;
    }
    batch->Put(database_->inlined(), key, bytes).PermitUncheckedError();
  });
}

absl::Status BlobStoreRecords::Amend(
    absl::Span<const std::pair<Digest, Record>> records) {
  return database_->Write(/*sync=*/false, [&](rocksdb::WriteBatch* batch) {
    for (const auto& [digest, record] : records) {
      batch
          ->Put(database_->blobs(), BlobKey(digest), record.SerializeAsString())
          .PermitUncheckedError();
    }
  });
}

absl::Status BlobStoreRecords::Delete(absl::Span<const Digest> digests) {
  return database_->Write(/*sync=*/true, [&](rocksdb::WriteBatch* batch) {
    for (const Digest& digest : digests) {
      const std::string key = BlobKey(digest);
      batch->Delete(database_->blobs(), key).PermitUncheckedError();
      batch->Delete(database_->inlined(), key).PermitUncheckedError();
    }
  });
}

absl::Status BlobStoreRecords::PutOwner(const CopyId& copy, int64_t owner) {
  blob::v1::UploadRecord upload;
  upload.set_owner(owner);
  return database_->Write(/*sync=*/true, [&](rocksdb::WriteBatch* batch) {
    batch->Put(database_->blobs(), OwnerKey(copy), upload.SerializeAsString())
        .PermitUncheckedError();
  });
}

absl::Status BlobStoreRecords::DeleteOwners(absl::Span<const CopyId> copies) {
  return database_->Write(/*sync=*/true, [&](rocksdb::WriteBatch* batch) {
    for (const CopyId& copy : copies) {
      batch->Delete(database_->blobs(), OwnerKey(copy)).PermitUncheckedError();
    }
  });
}

absl::StatusOr<std::map<CopyId, int64_t>> BlobStoreRecords::Owners() const {
  std::map<CopyId, int64_t> owners;
  const rocksdb::Status status = database_->Read([&](rocksdb::DB& db) {
    owners.clear();
    const std::unique_ptr<rocksdb::Iterator> row(
        db.NewIterator(rocksdb::ReadOptions(), database_->blobs()));
    for (row->Seek(rocksdb::Slice(&kOwnerPrefix, 1));
         row->Valid() && row->key()[0] == kOwnerPrefix; row->Next()) {
      const auto key =
          ParseChunkKey({row->key().data() + 1, row->key().size() - 1});
      blob::v1::UploadRecord upload;
      const bool is_whole = upload.ParseFromArray(
          row->value().data(), static_cast<int>(row->value().size()));
      // One that cannot be read is nobody's.
      if (key && is_whole) owners[key->first] = upload.owner();
    }
    return row->status();
  });
  RETURN_IF_ERROR(FromRocksDb(status, "reading the owners of uploads"));
  return owners;
}

absl::Status BlobStoreRecords::ForEach(
    absl::FunctionRef<void(const Digest&, const Record&)> visit) const {
  absl::Status damage;
  const rocksdb::Status status = database_->Read([&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> row(
        db.NewIterator(rocksdb::ReadOptions(), database_->blobs()));
    for (row->SeekToFirst(); row->Valid(); row->Next()) {
      const auto digest = ParseBlobKey({row->key().data(), row->key().size()});
      if (!digest.has_value()) continue;  // The format.
      const auto record = Parse(row->value());
      if (record.ok()) {
        visit(*digest, *record);
      } else {
        damage = record.status();
      }
    }
    return row->status();
  });
  RETURN_IF_ERROR(damage);
  return FromRocksDb(status, "reading records");
}

absl::Status BlobStoreRecords::VisitAfter(
    const std::optional<Digest>& start_after,
    absl::FunctionRef<bool(const Digest&, const Record&)> visit) const {
  const std::string first = start_after ? BlobKey(*start_after) : "";
  const rocksdb::Status status = database_->Read([&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> row(
        db.NewIterator(rocksdb::ReadOptions(), database_->blobs()));
    for (row->Seek(first); row->Valid(); row->Next()) {
      const auto digest = ParseBlobKey({row->key().data(), row->key().size()});
      if (!digest.has_value() || digest == start_after) continue;
      const auto record = Parse(row->value());
      if (record.ok() && !visit(*digest, *record)) break;
    }
    return row->status();
  });
  return FromRocksDb(status, "listing records");
}

}  // namespace cvr
