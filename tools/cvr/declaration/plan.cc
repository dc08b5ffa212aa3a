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
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/policy/upstream_password.h"
#include "tools/cvr/client/secrets.h"
#include "tools/cvr/declaration/attachments.h"
#include "tools/cvr/declaration/differences.h"
#include "tools/cvr/declaration/yaml_message.h"

namespace cvr::declaration {
namespace {

using google::protobuf::FieldMask;
using Names = std::vector<std::string>;

absl::Status At(const std::string& where, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

absl::StatusOr<std::string> ReadSecret(const SecretSource& source,
                                       const Environment& environment) {
  std::optional<std::string> secret;
  if (source.kind == SecretSource::Kind::kVariable) {
    secret = environment.variable(source.name.c_str());
    if (!secret) {
      return At(source.where, absl::StrCat("the environment variable ",
                                           source.name, " is not set"));
    }
  } else {
    auto content = ReadFile(source.name);
    if (!content.ok()) return At(source.where, content.status().message());
    secret = *std::move(content);
  }
  *secret = std::string(WithoutLineBreak(*secret));
  if (secret->empty()) {
    return At(source.where, absl::StrCat(source.name, " is empty"));
  }
  return *std::move(secret);
}

class Planner {
 public:
  Planner(const ServerState& state, const PlanOptions& options,
          const Environment& environment)
      : state_(state), options_(options), environment_(environment) {}

  absl::Status Plan(const DeclaredGroup& group) {
    PlanGroup(group);
    if (options_.prune) RETURN_IF_ERROR(PlanRemovals(group));
    PlanPolicy(group);
    for (const DeclaredUpstream& upstream : group.upstreams) {
      RETURN_IF_ERROR(PlanUpstream(group.value.name(), upstream));
    }
    for (const DeclaredRegistry& registry : group.registries) {
      RETURN_IF_ERROR(PlanRegistry(group, registry));
    }
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
  absl::Status PlanRemovals(const DeclaredGroup& group);
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
  *update.mutable_update_mask() =
      Differences(group, current, options_.prune, fields);
  if (!is_new && fields.empty()) return;
  *update.mutable_group() = group.value;
  update.mutable_group()->set_etag(current.etag());
  Add(is_new ? '+' : '~', absl::StrCat("group ", group.value.name()), fields,
      group.where, [is_new, update](ServerConnection& server, UpstreamIds&) {
        if (!is_new) {
          return server.Call(&v1::GroupService::Stub::UpdateGroup, update)
              .status();
        }
        v1::CreateGroupRequest create;
        *create.mutable_group() = update.group();
        create.mutable_group()->clear_etag();
        return server.Call(&v1::GroupService::Stub::CreateGroup, create)
            .status();
      });
}

void Planner::PlanPolicy(const DeclaredGroup& group) {
  if (!group.cleanup_policy) return;
  using Stub = v1::CleanupPolicyService::Stub;
  Declared<v1::CleanupPolicy> declared = *group.cleanup_policy;
  const std::string& name = group.value.name();
  const auto found = state_.cleanup_policies.find(name);
  const bool is_new = found == state_.cleanup_policies.end();
  const v1::CleanupPolicy current =
      is_new ? v1::CleanupPolicy() : found->second;
  // The server fills in what is left out.
  auto& value = declared.value;
  if (value.keep_n_days_after_download() == 0) {
    value.set_keep_n_days_after_download(limits::kCleanupKeepDaysDefault);
  }
  if (value.cadence_days() == 0) {
    value.set_cadence_days(limits::kCleanupCadenceDaysDefault);
  }
  std::vector<FieldChange> fields;
  v1::UpdateCleanupPolicyRequest update;
  *update.mutable_update_mask() =
      Differences(declared, current, is_new || options_.prune, fields);
  if (!is_new && fields.empty()) return;
  value.set_group(name);
  value.set_etag(current.etag());
  *update.mutable_cleanup_policy() = value;
  Add(is_new ? '+' : '~', absl::StrCat("cleanup policy of ", name), fields,
      declared.where, [is_new, update](ServerConnection& server, UpstreamIds&) {
        if (!is_new) {
          return server.Call(&Stub::UpdateCleanupPolicy, update).status();
        }
        v1::CreateCleanupPolicyRequest create;
        *create.mutable_cleanup_policy() = update.cleanup_policy();
        return server.Call(&Stub::CreateCleanupPolicy, create).status();
      });
}

absl::Status Planner::PlanRemovals(const DeclaredGroup& group) {
  const std::string& name = group.value.name();
  std::set<std::string> registries;
  std::set<std::string> upstreams;
  for (const auto& upstream : group.upstreams) {
    upstreams.insert(upstream.value.name());
  }
  for (const auto& registry : group.registries) {
    registries.insert(registry.value.name());
    // What is referred to is mentioned.
    if (!registry.upstreams) continue;
    upstreams.insert(registry.upstreams->begin(), registry.upstreams->end());
  }
  for (const v1::Registry& registry : state_.registries) {
    if (registry.group() != name || registries.count(registry.name()) > 0) {
      continue;
    }
    // A registry takes upstreams that nobody else has with it: those that stay
    // leave it before.
    std::vector<int64_t> stay;
    for (const v1::RegistryUpstream& place : registry.upstreams()) {
      for (const v1::Upstream& upstream : state_.upstreams) {
        if (upstream.id() == place.upstream_id() &&
            upstreams.count(upstream.name()) > 0) {
          stay.push_back(upstream.id());
        }
      }
    }
    Add('-', absl::StrCat("registry ", name, "/", registry.name()), {}, "",
        [registry, stay](ServerConnection& server, UpstreamIds&) {
          return DeleteRegistry(server, registry, stay);
        });
  }
  for (const v1::Upstream& upstream : state_.upstreams) {
    if (upstream.group() != name || upstreams.count(upstream.name()) > 0) {
      continue;
    }
    v1::DeleteUpstreamRequest request;
    request.set_id(upstream.id());
    request.set_etag(upstream.etag());
    Add('-', absl::StrCat("upstream ", name, "/", upstream.name()), {}, "",
        [request](ServerConnection& server, UpstreamIds&) {
          return server
              .Call(&v1::UpstreamService::Stub::DeleteUpstream, request)
              .status();
        });
  }
  const auto policy = state_.cleanup_policies.find(name);
  if (policy == state_.cleanup_policies.end() || group.cleanup_policy) {
    return absl::OkStatus();
  }
  v1::DeleteCleanupPolicyRequest request;
  request.set_group(name);
  request.set_etag(policy->second.etag());
  Add('-', absl::StrCat("cleanup policy of ", name), {}, "",
      [request](ServerConnection& server, UpstreamIds&) {
        return server
            .Call(&v1::CleanupPolicyService::Stub::DeleteCleanupPolicy, request)
            .status();
      });
  return absl::OkStatus();
}

// What becomes of the cache of an upstream that is reached otherwise from now
// on: proto/UpdateUpstreamRequest.keep_cache.
void AddCacheNote(const v1::Upstream* current, const FieldMask& mask,
                  bool keep_cache, std::vector<FieldChange>& fields) {
  if (current == nullptr) return;
  const bool other_url = Has(mask, "url");
  const bool other_identity = other_url || Has(mask, "username") ||
                              Has(mask, "password") ||
                              Has(mask, "tls.client_key_pem");
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
  const bool has_username = !declared.value.username().empty();
  if (declared.password && !has_username) {
    return At(declared.password->where, "a password requires a username");
  }
  if (!has_username) {
    if (Has(mask, "username")) {
      mask.add_paths("password");
    } else if (current != nullptr && !current->username().empty() &&
               Has(mask, "url")) {
      // So the server does by itself.
      fields.push_back({"username", FieldText(*current, "username"),
                        "default (changing the url removes the credentials)"});
    }
    return absl::OkStatus();
  }
  const bool must =
      current == nullptr || Has(mask, "username") || Has(mask, "url");
  if (!must && !(options_.set_passwords && declared.password)) {
    return absl::OkStatus();
  }
  if (!declared.password) {
    return At(declared.where,
              "password required, because the upstream is new or its url or "
              "username changes: set password_env or password_file");
  }
  ASSIGN_OR_RETURN(std::string password,
                   ReadSecret(*declared.password, environment_));
  SetPassword(std::move(password), target);
  if (!Has(mask, "username")) mask.add_paths("username");
  mask.add_paths("password");
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
  const std::string before =
      current == nullptr ? "" : current->tls().client_certificate_pem();
  if (declared.client_key && certificate.empty()) {
    return At(declared.client_key->where,
              "tls.client_key_env and tls.client_key_file require "
              "tls.client_certificate_pem");
  }
  const bool tls_changes = Has(mask, "tls");
  const bool certificate_changes = tls_changes && certificate != before;
  // The key is never told, so the whole message would lose it.
  Remove(mask, "tls");
  if (tls_changes) {
    for (const char* const path :
         {"tls.ca_bundle_pem", "tls.client_certificate_pem",
          "tls.insecure_skip_verify"}) {
      mask.add_paths(path);
    }
  }
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
  const auto found = state_.FindUpstream(group, declared.value.name());
  if (!found.ok()) return At(declared.where, found.status().message());
  const v1::Upstream* const current = *found;
  std::vector<FieldChange> fields;
  v1::UpdateUpstreamRequest update;
  FieldMask& mask = *update.mutable_update_mask();
  mask = Differences(declared, current == nullptr ? v1::Upstream() : *current,
                     options_.prune, fields);
  v1::Upstream& target = *update.mutable_upstream();
  target = declared.value;
  target.set_group(group);
  RETURN_IF_ERROR(AddSecrets(declared, current, target, mask, fields));
  if (current != nullptr && mask.paths().empty()) return absl::OkStatus();
  if (current != nullptr) {
    target.set_id(current->id());
    target.set_etag(current->etag());
  }
  AddCacheNote(current, mask, options_.keep_cache, fields);
  update.set_keep_cache(options_.keep_cache);
  const std::string name = declared.value.name();
  Add(current == nullptr ? '+' : '~',
      absl::StrCat("upstream ", group, "/", name), fields, declared.where,
      [is_new = current == nullptr, update, group, name](
          ServerConnection& server, UpstreamIds& ids) -> absl::Status {
        if (!is_new) {
          return server.Call(&Stub::UpdateUpstream, update).status();
        }
        v1::CreateUpstreamRequest create;
        *create.mutable_upstream() = update.upstream();
        ASSIGN_OR_RETURN(const v1::Upstream created,
                         server.Call(&Stub::CreateUpstream, create));
        ids[{group, name}] = created.id();
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
    const auto found = state_.FindUpstream(group.value.name(), name);
    if (!found.ok()) return At(registry.where, found.status().message());
    if (*found == nullptr) {
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
  *update.mutable_update_mask() =
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
  if (current != nullptr) {
    update.mutable_registry()->set_id(current->id());
    update.mutable_registry()->set_etag(current->etag());
  }
  Add(current == nullptr ? '+' : '~',
      absl::StrCat("registry ", group_name, "/", declared.value.name()), fields,
      declared.where,
      [is_new = current == nullptr, update, after, attach = before != after](
          ServerConnection& server, UpstreamIds& ids) -> absl::Status {
        ASSIGN_OR_RETURN(const int64_t id, PutRegistry(server, is_new, update));
        if (!attach) return absl::OkStatus();
        std::vector<int64_t> wanted;
        for (const std::string& name : after) {
          wanted.push_back(ids[{update.registry().group(), name}]);
        }
        return SetAttachments(server, id, wanted);
      });
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Change>> MakePlan(
    const std::vector<DeclaredGroup>& groups, const ServerState& state,
    const PlanOptions& options, const Environment& environment) {
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
