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

// One ordered map of keys to values per entity. What their keys and values are
// stands in DESIGN.md. The numbers are not stored; the names are.
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
  kDenials,
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
};
inline constexpr size_t kTableCount = 26;

// The row of kSettings that tells from which format version rows are still to
// be brought up to date (migration.h). Whoever opens an older store makes it.
inline constexpr char kMigratesFrom[] = "migrates_from";

// `cache_entries` and so on.
absl::string_view TableName(Table table);

// Reads from one consistent state of the store. Valid during the call it is
// passed to, on the thread of that call.
// Errors of every method: DATA_LOSS when the stored bytes are damaged,
// UNAVAILABLE when the disk fails.
class ReadTransaction {
 public:
  // Called with each key and value, valid during the call. True = go on. An
  // error ends the scan, which returns it unchanged. Must not write.
  using Visitor = absl::FunctionRef<absl::StatusOr<bool>(
      absl::string_view key, absl::string_view value)>;

  virtual ~ReadTransaction() = default;

  // The value at `key`; nothing when there is none.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Table table, absl::string_view key) const = 0;

  // Visits, in the order of their bytes, the keys that start with `prefix` and
  // are greater than `start_after`, which may be empty: no bound then.
  virtual absl::Status Scan(Table table, absl::string_view prefix,
                            absl::string_view start_after,
                            Visitor visitor) const = 0;
};

// Also writes. Its reads see its own writes; nobody else does before the
// commit.
class WriteTransaction : public ReadTransaction {
 public:
  // Replaces what is there.
  virtual void Put(Table table, absl::string_view key,
                   absl::string_view value) = 0;
  // Deleting what is not there is fine.
  virtual void Delete(Table table, absl::string_view key) = 0;
};

// What a power cut may take away once Write() has returned. The death of the
// process alone takes nothing.
enum class Durability {
  // Nothing. For administration.
  kSynced,
  // The last buffered writes, each as a whole and the youngest first; never a
  // write that a synced one followed. For what only costs a miss.
  kBuffered,
};

// An ordered, transactional store of keys and values. Thread-safe.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;

  // Runs `fn` on the state as of now, which stays the same throughout. Never
  // waits for writers. Returns what `fn` returns.
  virtual absl::Status Read(
      absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const = 0;

  // Runs `fn`, one at a time with all other writes, and commits all of its
  // writes or none of them. An error of `fn` drops them and is returned
  // unchanged. `fn` must not call the store.
  // Errors: RESOURCE_EXHAUSTED when the disk is full, UNAVAILABLE when it
  // fails. Whether a failed commit is there after the next start is not known.
  virtual absl::Status Write(
      absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
      Durability durability) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_STORE_METADATA_STORE_H_
