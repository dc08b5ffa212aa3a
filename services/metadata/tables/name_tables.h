#ifndef SERVICES_METADATA_TABLES_NAME_TABLES_H_
#define SERVICES_METADATA_TABLES_NAME_TABLES_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"

// More of tables.h: upstreams by their names, which are unique in a group.
//
// PutUpstream() enters the upstream's name, and DeleteUpstream() removes it.
// Whoever changes a name removes the former one. A row that is left over all
// the same does no harm: it is checked against the upstream.
namespace cvr::tables {

// The id of the upstream that has the name in the group.
absl::StatusOr<std::optional<int64_t>> FindUpstreamByName(
    const ReadTransaction& transaction, absl::string_view group,
    absl::string_view name);

// Of an upstream that is renamed from this: to be called before PutUpstream().
void DeleteUpstreamName(WriteTransaction& transaction,
                        const stored::UpstreamResource& before);

// Called by PutUpstream().
void PutUpstreamName(WriteTransaction& transaction,
                     const stored::UpstreamResource& upstream);

// Enters the names of all upstreams of a store of a revision in which names
// were not unique: an upstream whose name another with a lower id has is
// renamed to `<name>-<id>`, and what it was called stays as its display name.
// Does nothing when it was done before. In transactions of bounded size; one
// that was interrupted begins anew. Errors: those of tables.h.
absl::Status EnterUpstreamNames(MetadataStore& store);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_NAME_TABLES_H_
