#include "services/metadata/store/metadata_store.h"

#include <cstdlib>

namespace cvr {

absl::string_view TableName(Table table) {
  switch (table) {
    case Table::kSettings:
      return "settings";
    case Table::kSequences:
      return "sequences";
    case Table::kGroups:
      return "groups";
    case Table::kRegistries:
      return "registries";
    case Table::kRegistryNames:
      return "registry_names";
    case Table::kUpstreams:
      return "upstreams";
    case Table::kGroupUpstreams:
      return "group_upstreams";
    case Table::kRegistryUpstreams:
      return "registry_upstreams";
    case Table::kUpstreamRegistries:
      return "upstream_registries";
    case Table::kCacheEntries:
      return "cache_entries";
    case Table::kCacheEntryIds:
      return "cache_entry_ids";
    case Table::kCacheEntryDigests:
      return "cache_entry_digests";
    case Table::kReachability:
      return "reachability";
    case Table::kNegativeEntries:
      return "denials";
    case Table::kAccessTokens:
      return "access_tokens";
    case Table::kAccessTokenHashes:
      return "access_token_hashes";
    case Table::kAuditEvents:
      return "audit_events";
    case Table::kCleanupPolicies:
      return "cleanup_policies";
    case Table::kGarbage:
      return "garbage";
    case Table::kRevocations:
      return "revocations";
    case Table::kPossessions:
      return "possessions";
    case Table::kPublicIdentities:
      return "public_identities";
    case Table::kReachabilityLinks:
      return "reachability_links";
    case Table::kUnlinks:
      return "unlinks";
    case Table::kRemovals:
      return "removals";
    case Table::kUpstreamRows:
      return "upstream_rows";
    case Table::kUpstreamNames:
      return "upstream_names";
    case Table::kOperations:
      return "operations";
    case Table::kRequestReplays:
      return "request_replays";
  }
  std::abort();  // Not a table.
}

}  // namespace cvr
