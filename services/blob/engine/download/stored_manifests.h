#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_STORED_MANIFESTS_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_STORED_MANIFESTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"
#include "services/common/manifest_facts.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// The bytes of a manifest: in memory if they are small or could not be stored,
// else in the store, from which they are streamed.
struct ManifestBytes {
  Chunk chunk;                               // All of them, or:
  std::shared_ptr<const BlobReader> reader;  // Where they are.

  bool empty() const { return chunk.empty() && reader == nullptr; }
};

// Manifests that are in the store, by digest. What is stored was verified to
// have that digest and nothing else: it may be a layer, or a manifest that no
// client should be given (manifest_facts.h), from before there was such a
// check. So each is read once, chunk by chunk, before it is served, and what
// was found is remembered. Thread-safe.
class StoredManifests {
 public:
  // What decides how a manifest is served.
  struct Kind {
    ManifestForm form = ManifestForm::kNone;
    std::string media_type;  // Its own, if it is a manifest's; else empty.
    bool has_fault = false;

    // As ServedManifestType().
    std::string ServedAs(absl::string_view said) const;
  };
  struct Manifest {
    Kind kind;
    uint64_t size_bytes = 0;
    ManifestBytes bytes;
  };

  // `store` must outlive it.
  explicit StoredManifests(BlobStore& store) : store_(store) {}

  // Nothing when it is not there, or too large, or must not be served. What
  // turns out to be damaged is dropped.
  std::optional<Manifest> Open(const Digest& digest);

  // The kind of what `reader` reads, which is under `digest`, or of what is
  // there. Nothing when that is nothing, too large, or damaged.
  std::optional<Kind> KindOf(const Digest& digest, const BlobReader& reader);

  std::optional<Kind> KindOf(const Digest& digest);

  // Whether Open() has something, unless that turns out to be damaged. Reads
  // nothing of what was read before. What is found to be damaged is dropped.
  bool Has(const Digest& digest);

  // What the stored manifest refers to; empty when it is not there.
  std::vector<Digest> ReferencesOf(const Digest& digest);

 private:
  std::optional<Kind> Find(const Digest& digest);
  void Remember(const Digest& digest, const Kind& kind);

  BlobStore& store_;

  Mutex mutex_;
  absl::flat_hash_map<Digest, Kind> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_STORED_MANIFESTS_H_
