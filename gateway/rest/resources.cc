#include "gateway/rest/resources.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/limits.h"
#include "services/common/time_wire.h"

namespace cvr::rest {
namespace {

constexpr int64_t kSecondsPerHour = 3600;
constexpr int64_t kSecondsPerDay = 24 * kSecondsPerHour;

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

Json AttachmentJson(const v1::Attachment& attachment) {
  return {{"id", attachment.id()},
          {"registry_id", attachment.registry_id()},
          {"position", attachment.position()}};
}

// Rounded up, so that only what is for ever is 0. REST has no word for tags
// that are never fresh: they have one hour.
int64_t ValidityHours(const v1::Upstream& upstream) {
  if (!upstream.cache_policy().has_tag_ttl()) {
    return limits::kCacheValidityHoursDefault;
  }
  const auto& ttl = upstream.cache_policy().tag_ttl();
  if (ttl.seconds() >= limits::kForEverSeconds) return 0;
  const int64_t seconds = ttl.seconds() + (ttl.nanos() > 0 ? 1 : 0);
  return std::max<int64_t>(1,
                           (seconds + kSecondsPerHour - 1) / kSecondsPerHour);
}

// Whole days, as all durations of cleanup policies are.
int64_t Days(const google::protobuf::Duration& duration) {
  return duration.seconds() / kSecondsPerDay;
}

const char* StatusName(v1::CleanupRun::State state) {
  switch (state) {
    case v1::CleanupRun::STATE_RUNNING:
      return "running";
    case v1::CleanupRun::STATE_FAILED:
      return "failed";
    default:
      return "scheduled";
  }
}

Json MetricsJson(const v1::CleanupPolicy& policy) {
  Json metrics = Json::object();
  if (!policy.has_last_run()) return metrics;
  metrics["container"] = {
      {"deleted_entries_count", policy.last_run().deleted_count()},
      {"deleted_size", policy.last_run().deleted_bytes()}};
  return metrics;
}

// The words of openapi.json, which stay.
const char* OutcomeName(v1::TestUpstreamResponse::Outcome outcome) {
  using Response = v1::TestUpstreamResponse;
  switch (outcome) {
    case Response::OUTCOME_REACHABLE:
      return "REACHABLE";
    case Response::OUTCOME_ADDRESS_FORBIDDEN:
      return "ADDRESS_FORBIDDEN";
    case Response::OUTCOME_DNS_FAILED:
      return "DNS_FAILED";
    case Response::OUTCOME_CONNECT_FAILED:
      return "CONNECT_FAILED";
    case Response::OUTCOME_TLS_FAILED:
      return "TLS_FAILED";
    case Response::OUTCOME_TOKEN_FAILED:
      return "TOKEN_FAILED";
    case Response::OUTCOME_REFUSED:
      return "UNAUTHORIZED";
    case Response::OUTCOME_RATE_LIMITED:
      return "RATE_LIMITED";
    case Response::OUTCOME_TIMED_OUT:
      return "TIMED_OUT";
    default:
      return "BAD_ANSWER";
  }
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
  for (const auto& attachment : registry.attachments()) {
    attachments.push_back({{"id", attachment.id()},
                           {"position", attachment.position()},
                           {"upstream_id", attachment.upstream_id()}});
  }
  return json;
}

const std::string& TitleOf(const v1::Upstream& upstream) {
  return upstream.display_name().empty() ? upstream.name()
                                         : upstream.display_name();
}

google::protobuf::Duration TtlOfHours(int64_t hours) {
  google::protobuf::Duration ttl;
  ttl.set_seconds(hours == 0 ? limits::kForEverSeconds
                             : hours * kSecondsPerHour);
  return ttl;
}

Json UpstreamJson(const v1::Upstream& upstream) {
  Json json = {{"id", upstream.id()},
               {"group_id", upstream.group()},
               {"url", upstream.url()},
               {"name", TitleOf(upstream)},
               {"description", TextOrNull(upstream.description())},
               {"cache_validity_hours", ValidityHours(upstream)},
               {"username", TextOrNull(upstream.username())}};
  AddTimes(upstream, json);
  return json;
}

Json UpstreamWithRegistriesJson(const v1::Upstream& upstream) {
  Json json = UpstreamJson(upstream);
  Json& attachments = json["registry_upstreams"] = Json::array();
  for (const auto& attachment : upstream.attachments()) {
    attachments.push_back(AttachmentJson(attachment));
  }
  return json;
}

Json UpstreamInRegistryJson(const v1::Upstream& upstream, int64_t registry_id) {
  Json json = UpstreamJson(upstream);
  for (const auto& attachment : upstream.attachments()) {
    if (attachment.registry_id() != registry_id) continue;
    json["registry_upstream"] = AttachmentJson(attachment);
  }
  return json;
}

Json AttachmentWithUpstreamJson(const v1::Attachment& attachment) {
  return {{"id", attachment.id()},
          {"registry_id", attachment.registry_id()},
          {"upstream_id", attachment.upstream_id()},
          {"position", attachment.position()}};
}

Json CacheEntryJson(const v1::CacheEntry& entry, const std::string& group) {
  Json json = {{"id", FormatEntryId({group, entry.id()})},
               {"group_id", group},
               {"upstream_id", entry.upstream_id()},
               {"upstream_checked_at", TimeJson(entry.last_check_time())},
               {"file_sha1", nullptr},
               {"digest", entry.digest()},
               {"size", entry.size_bytes()},
               {"relative_path", entry.relative_path()},
               {"upstream_etag", TextOrNull(entry.upstream_etag())},
               {"content_type", entry.media_type()}};
  AddTimes(entry, json);
  json["downloads_count"] = entry.pull_count();
  json["downloaded_at"] =
      entry.has_last_pull_time() ? TimeJson(entry.last_pull_time()) : Json();
  return json;
}

Json CleanupPolicyJson(const v1::CleanupPolicy& policy,
                       const internal::v1::FacadeSettings& settings) {
  const v1::CleanupRun& run = policy.last_run();
  Json json = {
      {"group_id", policy.group()},
      {"enabled", policy.enabled()},
      {"keep_n_days_after_download", Days(policy.keep_after_last_pull())},
      {"cadence", Days(policy.run_interval())},
      {"notify_on_success", settings.notify_on_success()},
      {"notify_on_failure", settings.notify_on_failure()},
      {"status", StatusName(run.state())},
      {"next_run_at",
       policy.has_next_run_time() ? TimeJson(policy.next_run_time()) : Json()},
      {"last_run_at",
       policy.has_last_run() ? TimeJson(run.start_time()) : Json()},
      {"last_run_deleted_size", run.deleted_bytes()},
      {"last_run_deleted_entries_count", run.deleted_count()},
      {"last_run_detailed_metrics", MetricsJson(policy)},
      {"failure_message", TextOrNull(run.error().message())}};
  AddTimes(policy, json);
  return json;
}

Json TestResultJson(const v1::TestUpstreamResponse& result) {
  const bool good =
      result.outcome() == v1::TestUpstreamResponse::OUTCOME_REACHABLE;
  Json json = {{"success", good}};
  if (!good) {
    const int code = result.http_status();
    json["result"] =
        code < 400 ? absl::StrCat("Error: ", result.message())
                   : absl::StrCat("Error: ", code, " - ", StatusText(code));
  }
  json["outcome"] = OutcomeName(result.outcome());
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
