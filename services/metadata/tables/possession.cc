#include "services/metadata/tables/possession.h"

#include <string>
#include <vector>

#include "services/common/status_macros.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/tables/possession_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr::possession {
namespace {

// Also of a row whose secrets are sealed.
bool HasCredentials(const stored::Upstream& row) {
  return !row.sealed_secrets().empty() ||
         !row.upstream().tls().client_certificate_pem().empty();
}

bool IsSameAddress(const stored::UpstreamResource& a,
                   const stored::UpstreamResource& b) {
  return NormalizedUpstreamUrl(a.url()) == NormalizedUpstreamUrl(b.url()) &&
         a.tls().client_certificate_pem() == b.tls().client_certificate_pem();
}

bool IsSameSecret(const stored::Secrets& a, const stored::Secrets& b) {
  return a.username() == b.username() && a.password() == b.password() &&
         a.client_key_pem() == b.client_key_pem();
}

absl::StatusOr<int64_t> PublicIdentityOf(WriteTransaction& transaction,
                                         const std::string& url) {
  const std::string normalized = NormalizedUpstreamUrl(url);
  ASSIGN_OR_RETURN(const auto known,
                   tables::FindPublicIdentity(transaction, normalized));
  if (known) return *known;
  ASSIGN_OR_RETURN(const int64_t identity,
                   tables::NextId(transaction, tables::kIdentityIds));
  tables::PutPublicIdentity(transaction, normalized, identity);
  return identity;
}

absl::Status AssignNew(WriteTransaction& transaction, stored::Upstream& row) {
  ASSIGN_OR_RETURN(const int64_t everybody,
                   PublicIdentityOf(transaction, row.upstream().url()));
  row.set_public_identity(everybody);
  row.set_identity(everybody);
  if (!HasCredentials(row)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t own,
                   tables::NextId(transaction, tables::kIdentityIds));
  row.set_identity(own);
  return absl::OkStatus();
}

}  // namespace

absl::Status Assign(WriteTransaction& transaction,
                    const stored::Secrets& secrets,
                    const stored::Secrets* secrets_before,
                    const stored::Upstream* before, stored::Upstream& row) {
  if (before == nullptr || before->identity() == 0 ||
      !IsSameAddress(row.upstream(), before->upstream()) ||
      !IsSameSecret(secrets, *secrets_before)) {
    return AssignNew(transaction, row);
  }
  row.set_identity(before->identity());
  row.set_public_identity(before->public_identity());
  return absl::OkStatus();
}

absl::Status Renew(WriteTransaction& transaction, stored::Upstream& row) {
  if (row.identity() == row.public_identity()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t own,
                   tables::NextId(transaction, tables::kIdentityIds));
  row.set_identity(own);
  return absl::OkStatus();
}

absl::Status AssignMissing(MetadataStore& store) {
  std::vector<stored::Upstream> rows;
  RETURN_IF_ERROR(store.Read([&](const ReadTransaction& transaction) {
    return tables::VisitUpstreams(
        transaction, /*start_after=*/0,
        [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
          if (row.identity() == 0) rows.push_back(row);
          return true;
        });
  }));
  if (rows.empty()) return absl::OkStatus();
  return store.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        for (stored::Upstream& row : rows) {
          RETURN_IF_ERROR(AssignNew(transaction, row));
          tables::PutUpstream(transaction, row);
        }
        return absl::OkStatus();
      },
      Durability::kSynced);
}

absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         const Digest& digest, int64_t identity,
                         int64_t public_identity) {
  ASSIGN_OR_RETURN(const bool own,
                   tables::HasPossession(transaction, digest, identity));
  if (own || public_identity == identity) return own;
  return tables::HasPossession(transaction, digest, public_identity);
}

absl::Status Note(WriteTransaction& transaction, int64_t upstream_id,
                  const Digest& digest, int64_t identity) {
  if (identity <= 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto row,
                   tables::FindUpstream(transaction, upstream_id));
  const bool is_its_own = row && (identity == row->identity() ||
                                  identity == row->public_identity());
  if (!is_its_own) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool noted,
                   tables::HasPossession(transaction, digest, identity));
  if (!noted) tables::PutPossession(transaction, digest, identity);
  return absl::OkStatus();
}

}  // namespace cvr::possession
