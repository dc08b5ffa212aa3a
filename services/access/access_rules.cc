#include "services/access/access_rules.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;
using Kind = AccessQuestion::Kind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Rule {
  // The request's message.
  const char* request;
  Action action;
  Kind kind;
  // Where the request names the object.
  const char* field = "";
  // The rule holds only when these fields are set (`a,b`; `a.b` is one of a
  // message), or only when that one is not.
  const char* when = "";
  const char* unless = "";
};

constexpr Rule kRules[] = {
    // Groups are made by administrators and seen by their members.
    {"CreateGroupRequest", Action::kAdminister, Kind::kNone},
    {"GetGroupRequest", Action::kRead, Kind::kGroup, "name"},
    {"ListGroupsRequest", Action::kRead, Kind::kNone},
    {"UpdateGroupRequest", Action::kAdminister, Kind::kGroup, "group.name"},
    {"DeleteGroupRequest", Action::kAdminister, Kind::kGroup, "name"},

    {"CreateRegistryRequest", Action::kManage, Kind::kGroup, "registry.group"},
    // Ids belong to the whole system: who may choose one may take any.
    {"CreateRegistryRequest", Action::kAdminister, Kind::kNone, "",
     /*when=*/"registry.id"},
    {"GetRegistryRequest", Action::kRead, Kind::kRegistry, "id"},
    {"ListRegistriesRequest", Action::kRead, Kind::kNone},
    {"UpdateRegistryRequest", Action::kManage, Kind::kRegistry, "registry.id"},
    {"DeleteRegistryRequest", Action::kManage, Kind::kRegistry, "id"},

    {"CreateUpstreamRequest", Action::kManage, Kind::kGroup, "upstream.group",
     /*when=*/"", /*unless=*/"registry_id"},
    {"CreateUpstreamRequest", Action::kManage, Kind::kRegistry, "registry_id",
     /*when=*/"registry_id"},
    {"GetUpstreamRequest", Action::kRead, Kind::kUpstream, "id"},
    {"ListUpstreamsRequest", Action::kRead, Kind::kNone},
    {"ListUpstreamsRequest", Action::kRead, Kind::kRegistry, "registry_id",
     /*when=*/"registry_id"},
    {"UpdateUpstreamRequest", Action::kManage, Kind::kUpstream, "upstream.id"},
    {"DeleteUpstreamRequest", Action::kManage, Kind::kUpstream, "id"},
    {"AttachUpstreamRequest", Action::kManage, Kind::kRegistry, "registry_id"},
    {"AttachUpstreamRequest", Action::kRead, Kind::kUpstream, "upstream_id"},
    {"GetRegistryUpstreamRequest", Action::kRead, Kind::kAttachment, "id"},
    {"MoveUpstreamRequest", Action::kManage, Kind::kRegistry, "registry_id"},
    {"DetachUpstreamRequest", Action::kManage, Kind::kRegistry, "registry_id"},

    {"CreateCacheEntryRequest", Action::kManage, Kind::kUpstream,
     "cache_entry.upstream_id"},
    {"GetCacheEntryRequest", Action::kRead, Kind::kCacheEntry, "id"},
    {"ListCacheEntriesRequest", Action::kRead, Kind::kNone},
    {"ListCacheEntriesRequest", Action::kRead, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id"},
    {"UpdateCacheEntryRequest", Action::kManage, Kind::kCacheEntry,
     "cache_entry.id"},
    {"DeleteCacheEntryRequest", Action::kManage, Kind::kCacheEntry, "id"},

    {"PurgeUpstreamCacheRequest", Action::kManage, Kind::kUpstream,
     "upstream_id"},
    {"PurgeRegistryCacheRequest", Action::kManage, Kind::kRegistry,
     "registry_id"},
    {"GetCacheStatsRequest", Action::kRead, Kind::kNone},
    {"GetCacheStatsRequest", Action::kRead, Kind::kGroup, "group",
     /*when=*/"group"},

    {"CreateCleanupPolicyRequest", Action::kManage, Kind::kGroup,
     "cleanup_policy.group"},
    {"GetCleanupPolicyRequest", Action::kRead, Kind::kGroup, "group"},
    {"UpdateCleanupPolicyRequest", Action::kManage, Kind::kGroup,
     "cleanup_policy.group"},
    {"DeleteCleanupPolicyRequest", Action::kManage, Kind::kGroup, "group"},
    {"RunCleanupPolicyRequest", Action::kManage, Kind::kGroup, "group"},

    {"ExplainRequest", Action::kRead, Kind::kRegistry, "registry_id"},

    {"CreateAccessTokenRequest", Action::kAdminister, Kind::kNone},
    {"ListAccessTokensRequest", Action::kAdminister, Kind::kNone},
    {"RevokeAccessTokenRequest", Action::kAdminister, Kind::kNone},
    {"ListAuditEventsRequest", Action::kAdminister, Kind::kNone},
    {"RotateSecretKeyRequest", Action::kAdminister, Kind::kNone},

    // Of the blob service. What concerns all upstreams is an administrator's.
    {"ListUpstreamStatesRequest", Action::kRead, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id"},
    {"ListUpstreamStatesRequest", Action::kAdminister, Kind::kNone, "",
     /*when=*/"", /*unless=*/"upstream_id"},
    // To try another address is to make us talk to it.
    {"TestUpstreamRequest", Action::kRead, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id"},
    {"TestUpstreamRequest", Action::kManage, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id,upstream"},
    {"TestUpstreamRequest", Action::kManage, Kind::kGroup, "upstream.group",
     /*when=*/"", /*unless=*/"upstream_id"},
    {"RefreshTagRequest", Action::kManage, Kind::kRegistry, "registry_id"},
    {"ListDownloadsRequest", Action::kRead, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id"},
    {"ListDownloadsRequest", Action::kAdminister, Kind::kNone, "",
     /*when=*/"", /*unless=*/"upstream_id"},
    {"WatchDownloadsRequest", Action::kRead, Kind::kUpstream, "upstream_id",
     /*when=*/"upstream_id"},
    {"WatchDownloadsRequest", Action::kAdminister, Kind::kNone, "",
     /*when=*/"", /*unless=*/"upstream_id"},
    // The service itself says which upstream the download is from.
    {"CancelDownloadRequest", Action::kManage, Kind::kUpstream, "upstream_id"},
    {"GetStorageStatsRequest", Action::kAdminister, Kind::kNone},
};

// A field of `request`, or of a message in it (`registry.id`): a message that
// is there, or what is not zero.
bool IsSet(const Message& request, absl::string_view path) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(path, absl::MaxSplits('.', 1));
  const FieldDescriptor* const field =
      request.GetDescriptor()->FindFieldByName(std::string(parts.first));
  if (field == nullptr || !request.GetReflection()->HasField(request, field)) {
    return false;
  }
  return parts.second.empty() ||
         IsSet(request.GetReflection()->GetMessage(request, field),
               parts.second);
}

bool Holds(const Rule& rule, const Message& request) {
  for (const auto field : absl::StrSplit(rule.when, ',', absl::SkipEmpty())) {
    if (!IsSet(request, field)) return false;
  }
  return *rule.unless == '\0' || !IsSet(request, rule.unless);
}

// Fills the question with the object that the request names.
absl::Status FillObject(const Message& request, const Rule& rule,
                        AccessQuestion& question) {
  const Message* message = &request;
  const FieldDescriptor* field = nullptr;
  for (const auto part : absl::StrSplit(rule.field, '.')) {
    if (field != nullptr) {
      message = &message->GetReflection()->GetMessage(*message, field);
    }
    field = message->GetDescriptor()->FindFieldByName(std::string(part));
    if (field == nullptr) {
      return absl::InternalError(
          absl::StrCat(rule.request, " has no field ", rule.field));
    }
  }
  if (rule.kind == Kind::kGroup) {
    question.name = message->GetReflection()->GetString(*message, field);
    if (question.name.empty()) question.name = limits::kDefaultGroup;
  } else {
    question.id = message->GetReflection()->GetInt64(*message, field);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<AccessQuestion>> AccessNeededFor(
    const Message& request) {
  const std::string& name = request.GetDescriptor()->name();
  std::vector<AccessQuestion> questions;
  for (const Rule& rule : kRules) {
    if (name != rule.request || !Holds(rule, request)) continue;
    AccessQuestion& question = questions.emplace_back();
    question.action = rule.action;
    question.kind = rule.kind;
    if (rule.kind == Kind::kNone) continue;
    const absl::Status status = FillObject(request, rule, question);
    if (!status.ok()) return status;
  }
  if (questions.empty()) {
    return absl::InternalError(absl::StrCat("no access rule for ", name));
  }
  return questions;
}

bool HasAccessRule(const google::protobuf::Descriptor& request) {
  return request.file()->package() == "cvr.v1" &&
         std::any_of(
             std::begin(kRules), std::end(kRules),
             [&](const Rule& rule) { return request.name() == rule.request; });
}

bool IsChange(const Message& request) {
  const std::string& name = request.GetDescriptor()->name();
  return !absl::StartsWith(name, "Get") && !absl::StartsWith(name, "List") &&
         !absl::StartsWith(name, "Watch") && !absl::StartsWith(name, "Explain");
}

bool SucceedsWithoutObject(const Message& request) {
  const std::string& name = request.GetDescriptor()->name();
  return absl::StartsWith(name, "Delete") || absl::StartsWith(name, "Detach");
}

}  // namespace cvr
