#include "gateway/rest/resources.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/content_wire.h"
#include "services/common/limits.h"

namespace cvr::rest {
namespace {

Json TimeJson(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", FromWire(time),
                          absl::UTCTimeZone());
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

template <typename Resource>
void AddTimes(const Resource& resource, Json& json) {
  json["created_at"] = TimeJson(resource.create_time());
  json["updated_at"] = TimeJson(resource.update_time());
}

Json AttachmentJson(const v1::RegistryUpstream& attachment) {
  return {{"id", attachment.id()},
          {"registry_id", attachment.registry_id()},
          {"position", attachment.position()}};
}

// Rounded up, so that only what is for ever is 0.
int64_t ValidityHours(const v1::Upstream& upstream) {
  if (!upstream.has_cache_validity()) return limits::kCacheValidityHoursDefault;
  const auto& validity = upstream.cache_validity();
  const int64_t seconds = validity.seconds() + (validity.nanos() > 0 ? 1 : 0);
  return (seconds + 3599) / 3600;
}

const char* StatusName(v1::CleanupPolicy::Status status) {
  switch (status) {
    case v1::CleanupPolicy::RUNNING:
      return "running";
    case v1::CleanupPolicy::FAILED:
      return "failed";
    default:
      return "scheduled";
  }
}

Json MetricsJson(const v1::CleanupPolicy& policy) {
  Json metrics = Json::object();
  if (!policy.has_last_run_time()) return metrics;
  metrics["container"] = {
      {"deleted_entries_count", policy.last_run_deleted_entries()},
      {"deleted_size", policy.last_run_deleted_bytes()}};
  return metrics;
}

// What servers put after a status that an upstream may answer with.
const char* StatusText(int http_status) {
  switch (http_status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unexpected Response";
  }
}

}  // namespace

Json RegistryJson(const v1::Registry& registry) {
  Json json = {{"id", registry.id()},
               {"group_id", registry.group()},
               {"name", registry.name()},
               {"description", TextOrNull(registry.description())}};
  AddTimes(registry, json);
  return json;
}

Json RegistryWithUpstreamsJson(const v1::Registry& registry) {
  Json json = RegistryJson(registry);
  Json& attachments = json["registry_upstreams"] = Json::array();
  for (const auto& attachment : registry.upstreams()) {
    attachments.push_back({{"id", attachment.id()},
                           {"position", attachment.position()},
                           {"upstream_id", attachment.upstream_id()}});
  }
  return json;
}

Json UpstreamJson(const v1::Upstream& upstream) {
  Json json = {{"id", upstream.id()},
               {"group_id", upstream.group()},
               {"url", upstream.url()},
               {"name", upstream.name()},
               {"description", TextOrNull(upstream.description())},
               {"cache_validity_hours", ValidityHours(upstream)},
               {"username", TextOrNull(upstream.username())}};
  AddTimes(upstream, json);
  return json;
}

Json UpstreamWithRegistriesJson(const v1::Upstream& upstream) {
  Json json = UpstreamJson(upstream);
  Json& attachments = json["registry_upstreams"] = Json::array();
  for (const auto& attachment : upstream.registry_upstreams()) {
    attachments.push_back(AttachmentJson(attachment));
  }
  return json;
}

Json UpstreamInRegistryJson(const v1::Upstream& upstream, int64_t registry_id) {
  Json json = UpstreamJson(upstream);
  for (const auto& attachment : upstream.registry_upstreams()) {
    if (attachment.registry_id() != registry_id) continue;
    json["registry_upstream"] = AttachmentJson(attachment);
  }
  return json;
}

Json AttachmentWithUpstreamJson(const v1::RegistryUpstream& attachment) {
  return {{"id", attachment.id()},
          {"registry_id", attachment.registry_id()},
          {"upstream_id", attachment.upstream_id()},
          {"position", attachment.position()}};
}

Json CacheEntryJson(const v1::CacheEntry& entry, const std::string& group) {
  Json json = {{"id", FormatEntryId({group, entry.id()})},
               {"group_id", group},
               {"upstream_id", entry.upstream_id()},
               {"upstream_checked_at", TimeJson(entry.upstream_checked_at())},
               {"file_sha1", nullptr},
               {"digest", entry.digest()},
               {"size", entry.size()},
               {"relative_path", entry.relative_path()},
               {"upstream_etag", TextOrNull(entry.upstream_etag())},
               {"content_type", entry.media_type()}};
  AddTimes(entry, json);
  json["downloads_count"] = entry.downloads_count();
  json["downloaded_at"] =
      entry.has_downloaded_at() ? TimeJson(entry.downloaded_at()) : Json();
  return json;
}

Json CleanupPolicyJson(const v1::CleanupPolicy& policy) {
  Json json = {
      {"group_id", policy.group()},
      {"enabled", policy.enabled()},
      {"keep_n_days_after_download", policy.keep_n_days_after_download()},
      {"cadence", policy.cadence_days()},
      {"notify_on_success", policy.notify_on_success()},
      {"notify_on_failure", policy.notify_on_failure()},
      {"status", StatusName(policy.status())},
      {"next_run_at",
       policy.has_next_run_time() ? TimeJson(policy.next_run_time()) : Json()},
      {"last_run_at",
       policy.has_last_run_time() ? TimeJson(policy.last_run_time()) : Json()},
      {"last_run_deleted_size", policy.last_run_deleted_bytes()},
      {"last_run_deleted_entries_count", policy.last_run_deleted_entries()},
      {"last_run_detailed_metrics", MetricsJson(policy)},
      {"failure_message", TextOrNull(policy.failure_message())}};
  AddTimes(policy, json);
  return json;
}

Json TestResultJson(const v1::TestUpstreamResponse& result) {
  const bool good = result.outcome() == v1::TestUpstreamResponse::REACHABLE;
  Json json = {{"success", good}};
  if (!good) {
    const int code = result.http_status();
    json["result"] =
        code < 400 ? absl::StrCat("Error: ", result.message())
                   : absl::StrCat("Error: ", code, " - ", StatusText(code));
  }
  json["outcome"] = v1::TestUpstreamResponse::Outcome_Name(result.outcome());
  return json;
}

std::string FormatEntryId(const EntryId& id) {
  return absl::WebSafeBase64Escape(absl::StrCat(id.group, " ", id.id));
}

absl::StatusOr<EntryId> ParseEntryId(absl::string_view text) {
  const absl::Status invalid = absl::InvalidArgumentError("id is invalid");
  std::string decoded;
  if (!absl::WebSafeBase64Unescape(text, &decoded)) return invalid;
  const size_t space = decoded.rfind(' ');
  if (space == std::string::npos) return invalid;
  EntryId id;
  id.group = decoded.substr(0, space);
  const std::string number = decoded.substr(space + 1);
  if (!absl::SimpleAtoi(number, &id.id) || id.id <= 0 ||
      number != absl::StrCat(id.id)) {
    return invalid;
  }
  return id;
}

}  // namespace cvr::rest
