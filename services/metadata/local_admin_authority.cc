#include "services/metadata/local_admin_authority.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

using Kind = AccessQuestion::Kind;

// Where an object belongs.
struct ObjectLocation {
  std::string group;
  std::vector<int64_t> registry_ids;
  bool is_group = false;

  AccessPolicy::Object object() const {
    return {.group = group, .registry_ids = registry_ids, .is_group = is_group};
  }
};

absl::StatusOr<std::optional<ObjectLocation>> LocationOfRegistry(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(const auto registry, tables::FindRegistry(transaction, id));
  if (!registry) return std::nullopt;
  return ObjectLocation{registry->group(), {id}};
}

absl::StatusOr<std::optional<ObjectLocation>> LocationOfUpstream(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(const auto upstream, tables::FindUpstream(transaction, id));
  if (!upstream) return std::nullopt;
  ObjectLocation location;
  location.group = upstream->upstream().group();
  ASSIGN_OR_RETURN(location.registry_ids,
                   tables::RegistriesOfUpstream(transaction, id));
  return location;
}

// Nothing when there is no such object.
absl::StatusOr<std::optional<ObjectLocation>> LocationOf(
    const ReadTransaction& transaction, const AccessQuestion& question) {
  switch (question.kind) {
    case Kind::kNone:
      return std::nullopt;
    case Kind::kGroup: {
      ASSIGN_OR_RETURN(const auto group,
                       tables::FindGroup(transaction, question.name));
      if (!group) return std::nullopt;
      return ObjectLocation{question.name, {}, true};
    }
    case Kind::kRegistry:
      return LocationOfRegistry(transaction, question.id);
    case Kind::kUpstream:
      return LocationOfUpstream(transaction, question.id);
    case Kind::kCacheEntry: {
      ASSIGN_OR_RETURN(const auto entry,
                       tables::FindCacheEntryById(transaction, question.id));
      if (!entry) return std::nullopt;
      return LocationOfUpstream(transaction, entry->upstream_id());
    }
    case Kind::kOperation:
      return std::nullopt;
    case Kind::kAttachment: {
      ASSIGN_OR_RETURN(const auto attachment,
                       tables::FindAttachment(transaction, question.id));
      if (!attachment) return std::nullopt;
      return LocationOfRegistry(transaction, attachment->registry_id());
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Admission> LocalAdminAuthority::Authorize(
    absl::string_view secret, absl::Span<const AccessQuestion> questions) {
  if (secret.empty()) return errors::Unauthenticated();
  if (questions.empty())
    return errors::FieldInvalid("questions", "must not be empty");
  Admission admission;
  ASSIGN_OR_RETURN(admission.caller, tokens_.Authenticate(secret));
  // Before any object is looked for: who may do nothing of the kind learns
  // nothing about what there is.
  for (const AccessQuestion& question : questions) {
    RETURN_IF_ERROR(
        AccessPolicy::CheckScope(admission.caller, question.action));
  }
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    for (size_t i = 0; i < questions.size(); ++i) {
      if (questions[i].kind == Kind::kNone) continue;
      ASSIGN_OR_RETURN(const auto location,
                       LocationOf(transaction, questions[i]));
      if (!location ||
          !AccessPolicy::MaySee(admission.caller, location->object())) {
        if (!admission.missing) admission.missing = i;
        continue;
      }
      if (i == 0) admission.group = location->group;
      RETURN_IF_ERROR(AccessPolicy::Check(admission.caller, questions[i].action,
                                          location->object()));
    }
    return absl::OkStatus();
  }));
  return admission;
}

void LocalAdminAuthority::Record(v1::AuditEvent event) {
  trail_.Record(std::move(event));
}

}  // namespace cvr
