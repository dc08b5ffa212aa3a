#include "services/blob/store/blob_store_parts.h"

#include <utility>

#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Record = BlobStoreParts::Record;

absl::StatusOr<std::optional<Record>> Readable(
    const Digest& digest, absl::StatusOr<std::optional<Record>> record) {
  if (record.status().code() != absl::StatusCode::kDataLoss) return record;
  spdlog::error("blob store: cannot read the record of blob {}: {}",
                digest.ToString(), record.status().ToString());
  return std::optional<Record>();
}

}  // namespace

BlobStoreParts::BlobStoreParts(std::unique_ptr<BlobStoreDatabase> opened,
                               InterruptedUploads::Bounds bounds)
    : database(std::move(opened)),
      chunks(database.get()),
      records(database.get()),
      pins([this](const CopyId& copy) { DropCopy(copy); }),
      interrupted(bounds, [this](const CopyId& copy) { DropUpload(copy); }) {}

absl::StatusOr<std::optional<Record>> BlobStoreParts::FindSettled(
    const Digest& digest) {
  return Readable(digest, records.FindSettled(digest));
}

absl::StatusOr<std::optional<Record>> BlobStoreParts::Find(
    const Digest& digest) const {
  return Readable(digest, records.Find(digest));
}

void BlobStoreParts::DeleteOwner(const CopyId& copy) {
  const absl::Status status = records.DeleteOwners({copy});
  if (!status.ok()) {
    spdlog::error("blob store: owner of {} of {}: {}", copy.generation,
                  copy.digest.ToString(), status.ToString());
  }
}

void BlobStoreParts::DropUpload(const CopyId& copy) {
  DeleteOwner(copy);
  pins.ReclaimWhenUnpinned(copy);
}

// Without space to note it the copy stays; the next start removes it.
void BlobStoreParts::DropCopy(const CopyId& copy) {
  const absl::Status status = chunks.Drop(copy);
  if (!status.ok()) {
    spdlog::error(
        "blob store: cannot delete generation {} of blob {} (the next start "
        "removes it): {}",
        copy.generation, copy.digest.ToString(), status.ToString());
  }
}

}  // namespace cvr
