#ifndef SERVICES_METADATA_STORE_METADATA_STORE_H_
#define SERVICES_METADATA_STORE_METADATA_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cvr {

// The tables of the store: one ordered map from keys to values for each kind of
// entity. DESIGN.md describes the keys and values of each. Numbers may change;
// names must not, because they are stored.
enum class Table : uint8_t {
  kSettings,
  kSequences,
  kGroups,
  kRegistries,
  kRegistryNames,
  kUpstreams,
  kGroupUpstreams,
  kRegistryUpstreams,
  kUpstreamRegistries,
  kCacheEntries,
  kCacheEntryIds,
  kCacheEntryDigests,
  kReachability,
  kNegativeEntries,
  kAccessTokens,
  kAccessTokenHashes,
  kAuditEvents,
  kCleanupPolicies,
  kGarbage,
  kRevocations,
  kPossessions,
  kPublicIdentities,
  kReachabilityLinks,
  kUnlinks,
  kRemovals,
  kUpstreamRows,
  kUpstreamNames,
  kOperations,
  kRequestReplays,
};
inline constexpr size_t kTableCount = 29;

// Key of the kSettings row with the format version from which rows still have
// to be migrated (migration.h). It is written when an older store is opened.
inline constexpr char kMigratesFrom[] = "migrates_from";

// `cache_entries` and so on.
absl::string_view TableName(Table table);

// Reads from one consistent snapshot of the store. Valid only during the call
// that it is passed to, on the thread of that call.
// Errors of every method: DATA_LOSS if the stored bytes are corrupt,
// UNAVAILABLE if the disk fails.
class ReadTransaction {
 public:
  // Called with each key and value, which are valid only during the call.
  // Returns whether to go on. An error ends the scan, which returns it
  // unchanged. Must not write.
  using Visitor = absl::FunctionRef<absl::StatusOr<bool>(
      absl::string_view key, absl::string_view value)>;

  virtual ~ReadTransaction() = default;

  // The value at `key`; nothing when there is none.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const = 0;

  // Visits the keys that start with `prefix` and are greater than `start_after`
  // (empty = no lower bound), in the order of their bytes.
  virtual absl::Status Scan(Table table, absl::string_view prefix,
                            absl::string_view start_after,
                            Visitor visitor) const = 0;
};

// Reads and writes. Its reads see its own writes; other transactions see them
// only after the commit.
class WriteTransaction : public ReadTransaction {
 public:
  // Inserts the row, or replaces it.
  virtual void Put(Table table, absl::string_view key,
                   absl::string_view value) = 0;
  // Does nothing if there is no such row.
  virtual void Delete(Table table, absl::string_view key) = 0;
};

// Which writes a power cut may undo after Write() has returned. A crash of the
// process alone undoes none.
enum class Durability {
  // None. For changes by administrators.
  kSynced,
  // The latest buffered writes, each as a whole, and never one that was
  // followed
  // by a synced write. For data whose loss only costs a cache miss.
  kBuffered,
};

// An ordered, transactional store of keys and values. Thread-safe.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;

  // Runs `fn` on a snapshot of the present state. Never waits for writers.
  // Returns the status of `fn`.
  virtual absl::Status Read(
      absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const = 0;

  // Runs `fn` as a transaction: writes are serialised, and the writes of `fn`
  // are committed as a whole. An error of `fn` discards them and is returned
  // unchanged. `fn` must not call the store.
  // Errors: RESOURCE_EXHAUSTED if the disk is full, UNAVAILABLE if it fails. A
  // failed commit may still be found after the next start.
  virtual absl::Status Write(
      absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
      Durability durability) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_METADATA_STORE_H_
