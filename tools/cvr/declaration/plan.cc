#include "tools/cvr/declaration/plan.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/credentials.h"
#include "tools/cvr/declaration/attachments.h"
#include "tools/cvr/declaration/differences.h"
#include "tools/cvr/declaration/pull_paths.h"
#include "tools/cvr/declaration/secret_source.h"
#include "tools/cvr/declaration/yaml_message.h"

namespace cvr::declaration {
namespace {

using google::protobuf::FieldMask;
using Names = std::vector<std::string>;

absl::Status At(const std::string& where, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

class Planner {
 public:
  Planner(const ServerState& state, const PlanOptions& options,
          const Environment& environment)
      : state_(state), options_(options), environment_(environment) {}

  absl::Status Plan(const DeclaredGroup& group) {
    PlanGroup(group);
    if (options_.prune) PlanRegistryRemovals(group);
    PlanPolicy(group);
    for (const DeclaredUpstream& upstream : group.upstreams) {
      RETURN_IF_ERROR(PlanUpstream(group.value.name(), upstream));
    }
    for (const DeclaredRegistry& registry : group.registries) {
      RETURN_IF_ERROR(PlanRegistry(group, registry));
    }
    // Deleted sooner, they would leave the registries and change the etags of
    // their attachments.
    if (options_.prune) PlanUpstreamRemovals(group);
    return absl::OkStatus();
  }

  std::vector<Change> Take() { return std::move(changes_); }

 private:
  // Changes about what is declared at `where`; added when there is something to
  // do, with `carry_out`.
  template <typename CarryOut>
  void Add(char sign, std::string object, std::vector<FieldChange> fields,
           std::string where, CarryOut carry_out) {
    changes_.push_back({sign, std::move(object), std::move(fields),
                        std::move(where), std::move(carry_out)});
  }

  void PlanGroup(const DeclaredGroup& group);
  void PlanPolicy(const DeclaredGroup& group);
  void PlanRegistryRemovals(const DeclaredGroup& group);
  void PlanUpstreamRemovals(const DeclaredGroup& group);
  absl::Status PlanUpstream(const std::string& group,
                            const DeclaredUpstream& upstream);
  absl::Status AddSecrets(const DeclaredUpstream& declared,
                          const v1::Upstream* current, v1::Upstream& target,
                          FieldMask& mask, std::vector<FieldChange>& fields);
  absl::Status AddPassword(const DeclaredUpstream& declared,
                           const v1::Upstream* current, v1::Upstream& target,
                           FieldMask& mask, std::vector<FieldChange>& fields);
  absl::Status PlanRegistry(const DeclaredGroup& group,
                            const DeclaredRegistry& registry);
  // Names of upstreams by position, and whether that is a change.
  struct WantedAttachments {
    Names names;
    bool change = false;
  };
  void AddRegistryChange(const std::string& group, const v1::Registry* current,
                         v1::UpdateRegistryRequest update, FieldMask mask,
                         WantedAttachments wanted,
                         std::vector<FieldChange> fields,
                         const std::string& where);
  // The server knows nothing of it yet, so it cannot check what is to be in it.
  bool IsNewGroup(const std::string& group) const {
    return state_.groups.count(group) == 0;
  }
  absl::Status RequireUpstreams(const DeclaredGroup& group,
                                const DeclaredRegistry& registry) const;
  absl::Status CheckId(const DeclaredRegistry& declared,
                       const v1::Registry* current) const;

  const ServerState& state_;
  const PlanOptions& options_;
  const Environment& environment_;
  std::vector<Change> changes_;
};

void Planner::PlanGroup(const DeclaredGroup& group) {
  const auto found = state_.groups.find(group.value.name());
  const bool is_new = found == state_.groups.end();
  const v1::Group current = is_new ? v1::Group() : found->second;
  std::vector<FieldChange> fields;
  v1::UpdateGroupRequest update;
  FieldMask mask = Differences(group, current, options_.prune, fields);
  if (!is_new && fields.empty()) return;
  *update.mutable_group() = group.value;
  update.mutable_group()->set_etag(current.etag());
  if (!is_new) *update.mutable_update_mask() = std::move(mask);
  update.set_allow_missing(is_new);
  Add(is_new ? '+' : '~', absl::StrCat("group ", group.value.name()), fields,
      group.where,
      [update](ServerConnection& server, UpstreamIds&,
               bool validate_only) mutable {
        update.set_validate_only(validate_only);
        return server.Call(&v1::GroupService::Stub::UpdateGroup, update)
            .status();
      });
}

// Every group has a policy. One with the defaults counts as none.
void Planner::PlanPolicy(const DeclaredGroup& group) {
  using Stub = v1::CleanupPolicyService::Stub;
  if (!group.cleanup_policy && !options_.prune) return;
  const std::string& name = group.value.name();
  Declared<v1::CleanupPolicy> declared =
      group.cleanup_policy.value_or(Declared<v1::CleanupPolicy>());
  const auto found = state_.cleanup_policies.find(name);
  const v1::CleanupPolicy current =
      WithDefaults(found == state_.cleanup_policies.end() ? v1::CleanupPolicy()
                                                          : found->second);
  declared.value = WithDefaults(declared.value);
  std::vector<FieldChange> fields;
  v1::UpdateCleanupPolicyRequest update;
  *update.mutable_update_mask() =
      Differences(declared, current, options_.prune, fields);
  if (fields.empty()) return;
  *update.mutable_cleanup_policy() = declared.value;
  update.mutable_cleanup_policy()->set_group(name);
  update.mutable_cleanup_policy()->set_etag(current.etag());
  const bool goes = !group.cleanup_policy;
  Add(goes                 ? '-'
      : IsDefault(current) ? '+'
                           : '~',
      absl::StrCat("cleanup policy of ", name),
      goes ? std::vector<FieldChange>() : fields, declared.where,
      [update, in_new_group = IsNewGroup(name)](
          ServerConnection& server, UpstreamIds&,
          bool validate_only) mutable -> absl::Status {
        if (validate_only && in_new_group) return absl::OkStatus();
        update.set_validate_only(validate_only);
        return server.Call(&Stub::UpdateCleanupPolicy, update).status();
      });
}

void Planner::PlanRegistryRemovals(const DeclaredGroup& group) {
  const std::string& name = group.value.name();
  std::set<std::string> registries;
  for (const auto& registry : group.registries) {
    registries.insert(registry.value.name());
  }
  for (const v1::Registry& registry : state_.registries) {
    if (registry.group() != name || registries.count(registry.name()) > 0) {
      continue;
    }
    v1::DeleteRegistryRequest request;
    request.set_id(registry.id());
    request.set_etag(registry.etag());
    request.set_allow_missing(true);
    Add('-', absl::StrCat("registry ", name, "/", registry.name()), {}, "",
        [request](ServerConnection& server, UpstreamIds&,
                  bool validate_only) mutable {
          request.set_validate_only(validate_only);
          return server
              .Call(&v1::RegistryService::Stub::DeleteRegistry, request)
              .status();
        });
  }
}

void Planner::PlanUpstreamRemovals(const DeclaredGroup& group) {
  const std::string& name = group.value.name();
  std::set<std::string> upstreams;
  for (const auto& upstream : group.upstreams) {
    upstreams.insert(upstream.value.name());
  }
  for (const auto& registry : group.registries) {
    // What is referred to is mentioned.
    if (!registry.upstreams) continue;
    upstreams.insert(registry.upstreams->begin(), registry.upstreams->end());
  }
  for (const v1::Upstream& upstream : state_.upstreams) {
    if (upstream.group() != name || upstreams.count(upstream.name()) > 0) {
      continue;
    }
    v1::DeleteUpstreamRequest request;
    request.set_id(upstream.id());
    request.set_etag(upstream.etag());
    request.set_allow_missing(true);
    Add('-', absl::StrCat("upstream ", name, "/", upstream.name()), {}, "",
        [request](ServerConnection& server, UpstreamIds&,
                  bool validate_only) mutable {
          request.set_validate_only(validate_only);
          return server
              .Call(&v1::UpstreamService::Stub::DeleteUpstream, request)
              .status();
        });
  }
}

// What becomes of the cache of an upstream that is reached otherwise from now
// on: UpdateUpstreamRequest.keep_cache.
void AddCacheNote(const v1::Upstream* current, const FieldMask& mask,
                  bool keep_cache, std::vector<FieldChange>& fields) {
  if (current == nullptr) return;
  const bool other_url = Has(mask, "url");
  const bool other_identity =
      other_url || Has(mask, "credentials") || Has(mask, "tls.client_key_pem");
  if (!other_identity) return;
  fields.push_back(
      {"cache", "",
       other_url && !keep_cache
           ? "purged (a new url; --keep-cache keeps it)"
           : "kept, and served after the upstream has delivered it anew"});
}

absl::Status Planner::AddPassword(const DeclaredUpstream& declared,
                                  const v1::Upstream* current,
                                  v1::Upstream& target, FieldMask& mask,
                                  std::vector<FieldChange>& fields) {
  const std::string username = declared.value.credentials().basic().username();
  if (declared.password && username.empty()) {
    return At(declared.password->where, "a password requires a username");
  }
  target.clear_credentials();
  if (username.empty()) {
    if (current != nullptr && !current->username().empty() &&
        Has(mask, "url") && !Has(mask, "credentials")) {
      // So the server does by itself.
      fields.push_back({"credentials", FieldText(*current, "credentials"),
                        "default (changing the url removes the credentials)"});
    }
    return absl::OkStatus();
  }
  const bool must =
      current == nullptr || Has(mask, "credentials") || Has(mask, "url");
  if (!must && !(options_.set_passwords && declared.password)) {
    return absl::OkStatus();
  }
  if (!declared.password) {
    return At(declared.where,
              "password required, because the upstream is new or its url or "
              "username changes: set credentials.basic.password_env or "
              "password_file");
  }
  ASSIGN_OR_RETURN(std::string password,
                   ReadSecret(*declared.password, environment_));
  *target.mutable_credentials() = BasicLogin(username, std::move(password));
  if (!Has(mask, "credentials")) mask.add_paths("credentials");
  fields.push_back({"password", "", "set"});
  return absl::OkStatus();
}

absl::Status Planner::AddSecrets(const DeclaredUpstream& declared,
                                 const v1::Upstream* current,
                                 v1::Upstream& target, FieldMask& mask,
                                 std::vector<FieldChange>& fields) {
  RETURN_IF_ERROR(AddPassword(declared, current, target, mask, fields));
  const std::string& certificate =
      declared.value.tls().client_certificate_pem();
  if (declared.client_key && certificate.empty()) {
    return At(declared.client_key->where,
              "tls.client_key_env and tls.client_key_file require "
              "tls.client_certificate_pem");
  }
  const bool certificate_changes = Has(mask, "tls.client_certificate_pem");
  if (certificate.empty()) {
    if (certificate_changes) mask.add_paths("tls.client_key_pem");
    return absl::OkStatus();
  }
  if (!certificate_changes &&
      !(options_.set_passwords && declared.client_key)) {
    return absl::OkStatus();
  }
  if (!declared.client_key) {
    return At(declared.where,
              "private key of the client certificate required: set "
              "tls.client_key_env or tls.client_key_file");
  }
  ASSIGN_OR_RETURN(*target.mutable_tls()->mutable_client_key_pem(),
                   ReadSecret(*declared.client_key, environment_));
  // Trimmed, but PEM files end in a line break.
  *target.mutable_tls()->mutable_client_key_pem() += "\n";
  mask.add_paths("tls.client_key_pem");
  fields.push_back({"tls.client_key", "", "set"});
  return absl::OkStatus();
}

absl::Status Planner::PlanUpstream(const std::string& group,
                                   const DeclaredUpstream& declared) {
  using Stub = v1::UpstreamService::Stub;
  const std::string name = declared.value.name();
  const v1::Upstream* const found = state_.FindUpstream(group, name);
  const bool is_new = found == nullptr;
  const v1::Upstream current = is_new ? v1::Upstream() : WithLogin(*found);
  std::vector<FieldChange> fields;
  FieldMask mask = Differences(declared, current, options_.prune, fields);
  v1::UpdateUpstreamRequest update;
  v1::Upstream& target = *update.mutable_upstream();
  target = declared.value;
  target.set_group(group);
  target.set_etag(current.etag());
  const v1::Upstream* const before = is_new ? nullptr : &current;
  RETURN_IF_ERROR(AddSecrets(declared, before, target, mask, fields));
  if (!is_new && mask.paths().empty()) return absl::OkStatus();
  AddCacheNote(before, mask, options_.keep_cache, fields);
  update.set_keep_cache(options_.keep_cache);
  update.mutable_key()->set_group(group);
  update.mutable_key()->set_name(name);
  update.set_allow_missing(is_new);
  // What is new takes all that is set.
  if (!is_new) *update.mutable_update_mask() = std::move(mask);
  Add(is_new ? '+' : '~', absl::StrCat("upstream ", group, "/", name), fields,
      declared.where,
      [update, in_new_group = IsNewGroup(group)](
          ServerConnection& server, UpstreamIds& ids,
          bool validate_only) mutable -> absl::Status {
        if (validate_only && in_new_group) return absl::OkStatus();
        update.set_validate_only(validate_only);
        ASSIGN_OR_RETURN(const v1::Upstream put,
                         server.Call(&Stub::UpdateUpstream, update));
        if (!validate_only) {
          ids[{update.key().group(), update.key().name()}] = put.id();
        }
        return absl::OkStatus();
      });
  return absl::OkStatus();
}

absl::Status Planner::RequireUpstreams(const DeclaredGroup& group,
                                       const DeclaredRegistry& registry) const {
  if (!registry.upstreams) return absl::OkStatus();
  for (const std::string& name : *registry.upstreams) {
    const bool declared = std::any_of(
        group.upstreams.begin(), group.upstreams.end(),
        [&](const auto& upstream) { return upstream.value.name() == name; });
    if (declared) continue;
    if (state_.FindUpstream(group.value.name(), name) == nullptr) {
      return At(registry.where,
                absl::StrCat("group ", group.value.name(),
                             " has no upstream called '", name, "'"));
    }
  }
  return absl::OkStatus();
}

// Pull URLs hold the id, so another one than the file's is a mistake.
absl::Status Planner::CheckId(const DeclaredRegistry& declared,
                              const v1::Registry* current) const {
  const int64_t id = declared.value.id();
  if (id == 0 || (current != nullptr && current->id() == id)) {
    return absl::OkStatus();
  }
  if (current != nullptr) {
    return At(
        declared.where,
        absl::StrCat(
            "id: registry ", current->group(), "/", current->name(),
            " has the id ", current->id(), " here, which cannot be changed to ",
            id,
            ": take `id` out of the file (cvr export --no-ids), or delete the "
            "registry first"));
  }
  for (const v1::Registry& other : state_.registries) {
    if (other.id() != id) continue;
    return At(declared.where,
              absl::StrCat("id: ", id, " is that of registry ", other.group(),
                           "/", other.name(),
                           " here: take `id` out of the "
                           "file, or delete that registry first"));
  }
  return absl::OkStatus();
}

absl::Status Planner::PlanRegistry(const DeclaredGroup& group,
                                   const DeclaredRegistry& declared) {
  RETURN_IF_ERROR(RequireUpstreams(group, declared));
  const std::string& group_name = group.value.name();
  const v1::Registry* const current =
      state_.FindRegistry(group_name, declared.value.name());
  RETURN_IF_ERROR(CheckId(declared, current));
  std::vector<FieldChange> fields;
  if (current == nullptr && declared.value.id() != 0) {
    fields.push_back({"id", "", absl::StrCat(declared.value.id())});
  }
  v1::UpdateRegistryRequest update;
  FieldMask mask =
      Differences(declared, current == nullptr ? v1::Registry() : *current,
                  options_.prune, fields);
  *update.mutable_registry() = declared.value;
  update.mutable_registry()->set_group(group_name);
  const Names before =
      current == nullptr ? Names() : state_.UpstreamNames(*current);
  // Nothing said: they stay, unless the file is the whole truth.
  const Names after =
      declared.upstreams.value_or(options_.prune ? Names() : before);
  if (before != after) {
    fields.push_back({"upstreams",
                      absl::StrCat("[", absl::StrJoin(before, ", "), "]"),
                      absl::StrCat("[", absl::StrJoin(after, ", "), "]")});
  }
  if (current != nullptr && fields.empty()) return absl::OkStatus();
  AddRegistryChange(group_name, current, std::move(update), std::move(mask),
                    {after, before != after}, std::move(fields),
                    declared.where);
  return absl::OkStatus();
}

void Planner::AddRegistryChange(const std::string& group,
                                const v1::Registry* current,
                                v1::UpdateRegistryRequest update,
                                FieldMask mask, WantedAttachments wanted,
                                std::vector<FieldChange> fields,
                                const std::string& where) {
  const std::string name = update.registry().name();
  std::string etag;
  if (current == nullptr) {
    update.mutable_key()->set_group(group);
    update.mutable_key()->set_name(name);
    update.set_allow_missing(true);
  } else {
    update.set_id(current->id());
    update.mutable_registry()->clear_id();
    update.mutable_registry()->set_etag(current->etag());
    *update.mutable_update_mask() = std::move(mask);
    const auto found = state_.attachment_etags.find(current->id());
    if (found != state_.attachment_etags.end()) etag = found->second;
  }
  Add(current == nullptr ? '+' : '~',
      absl::StrCat("registry ", group, "/", name), std::move(fields), where,
      [update, group, wanted, etag, in_new_group = IsNewGroup(group)](
          ServerConnection& server, UpstreamIds& ids,
          bool validate_only) mutable -> absl::Status {
        if (validate_only && in_new_group) return absl::OkStatus();
        update.set_validate_only(validate_only);
        ASSIGN_OR_RETURN(const int64_t id, PutRegistry(server, update));
        if (!wanted.change) return absl::OkStatus();
        std::vector<int64_t> upstream_ids;
        for (const std::string& upstream : wanted.names) {
          upstream_ids.push_back(ids[{group, upstream}]);
        }
        // What is not there yet cannot be checked.
        const bool is_all_there =
            id != 0 &&
            std::count(upstream_ids.begin(), upstream_ids.end(), 0) == 0;
        if (validate_only && !is_all_there) return absl::OkStatus();
        return SetAttachments(server, id, upstream_ids, etag, validate_only);
      });
}

}  // namespace

absl::StatusOr<std::vector<Change>> MakePlan(
    const std::vector<DeclaredGroup>& groups, const ServerState& state,
    const PlanOptions& options, const Environment& environment) {
  RETURN_IF_ERROR(CheckPullPaths(groups));
  Planner planner(state, options, environment);
  for (const DeclaredGroup& group : groups) {
    RETURN_IF_ERROR(planner.Plan(group));
  }
  return planner.Take();
}

UpstreamIds IdsOf(const ServerState& state) {
  UpstreamIds ids;
  for (const v1::Upstream& upstream : state.upstreams) {
    ids[{upstream.group(), upstream.name()}] = upstream.id();
  }
  return ids;
}

}  // namespace cvr::declaration
