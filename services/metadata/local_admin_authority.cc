#include "services/metadata/local_admin_authority.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/operations/operation_visibility.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/name_tables.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

using Kind = AccessQuestion::Kind;

// Where an object belongs.
struct ObjectLocation {
  std::string group;
  std::vector<int64_t> registry_ids;
  bool is_group = false;
  std::string name = {};
  // An operation, which its owner may see and cancel wherever it is.
  std::optional<stored::Operation> operation = {};

  AccessPolicy::Object object() const {
    return {.group = group, .registry_ids = registry_ids, .is_group = is_group};
  }
};

absl::StatusOr<std::optional<ObjectLocation>> LocationOfRegistry(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(const auto registry, tables::FindRegistry(transaction, id));
  if (!registry) return std::nullopt;
  ObjectLocation location{registry->group(), {id}};
  location.name = registry->name();
  return location;
}

absl::StatusOr<std::optional<ObjectLocation>> LocationOfUpstream(
    const ReadTransaction& transaction, int64_t id) {
  ASSIGN_OR_RETURN(const auto upstream, tables::FindUpstream(transaction, id));
  if (!upstream) return std::nullopt;
  ObjectLocation location;
  location.group = upstream->upstream().group();
  location.name = upstream->upstream().name();
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
      return ObjectLocation{question.name, {}, true, question.name};
    }
    case Kind::kRegistry:
      return LocationOfRegistry(transaction, question.id);
    case Kind::kUpstream:
      return LocationOfUpstream(transaction, question.id);
    case Kind::kCacheEntry: {
      ASSIGN_OR_RETURN(const auto entry,
                       tables::FindCacheEntryById(transaction, question.id));
      if (!entry) return std::nullopt;
      ASSIGN_OR_RETURN(auto location,
                       LocationOfUpstream(transaction, entry->upstream_id()));
      if (location) location->name = entry->relative_path();
      return location;
    }
    case Kind::kAttachment: {
      ASSIGN_OR_RETURN(const auto attachment,
                       tables::FindAttachment(transaction, question.id));
      if (!attachment) return std::nullopt;
      ASSIGN_OR_RETURN(
          auto location,
          LocationOfRegistry(transaction, attachment->registry_id()));
      if (location) location->name.clear();
      return location;
    }
    case Kind::kOperation: {
      ASSIGN_OR_RETURN(auto operation,
                       tables::FindOperation(transaction, question.id));
      if (!operation) return std::nullopt;
      ObjectLocation location{operation->group(), {}};
      location.operation = std::move(operation);
      return location;
    }
  }
  return std::nullopt;
}

bool MaySee(const Caller& caller, const ObjectLocation& location) {
  return location.operation ? MaySeeOperation(caller, *location.operation)
                            : AccessPolicy::MaySee(caller, location.object());
}

// Of an object that the caller may see; the scope was checked.
absl::Status Check(const Caller& caller, AccessPolicy::Action action,
                   const ObjectLocation& location) {
  if (location.operation) return absl::OkStatus();
  return AccessPolicy::Check(caller, action, location.object());
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
      if (!location || !MaySee(admission.caller, *location)) {
        if (!admission.missing) admission.missing = i;
        continue;
      }
      if (i == 0) {
        admission.group = location->group;
        admission.name = location->name;
      }
      RETURN_IF_ERROR(Check(admission.caller, questions[i].action, *location));
    }
    return absl::OkStatus();
  }));
  return admission;
}

absl::StatusOr<std::optional<int64_t>> LocalAdminAuthority::FindByKey(
    const ResourceKey& key) {
  return ReadValue<std::optional<int64_t>>(
      store_,
      [&](const ReadTransaction& transaction)
          -> absl::StatusOr<std::optional<int64_t>> {
        switch (key.kind) {
          case Kind::kRegistry:
            return tables::FindRegistryByName(transaction, key.group, key.name);
          case Kind::kUpstream:
            return tables::FindUpstreamByName(transaction, key.group, key.name);
          default:
            return errors::FieldInvalid("kind", "has no keys");
        }
      });
}

void LocalAdminAuthority::Record(v1::AuditEvent event) {
  trail_.Record(std::move(event));
}

}  // namespace cvr
