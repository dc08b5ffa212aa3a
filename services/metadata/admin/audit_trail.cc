#include "services/metadata/admin/audit_trail.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/audit_event_conversion.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/token_tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

std::string ScopeOf(const v1::ListAuditEventsRequest& request) {
  v1::ListAuditEventsRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  return KeyBuilder()
      .String("audit_events")
      .Rest(filter.SerializeAsString())
      .Build();
}

constexpr char kAllGroups[] = "-";
constexpr absl::string_view kFilterFields[] = {
    "method",        "resource.type", "resource.id", "resource.name",
    "result_reason", "result_code",   "request_id"};

bool Wants(const v1::ListAuditEventsRequest& request,
           const v1::AuditEvent& event) {
  if (request.group() != kAllGroups &&
      event.resource().group() != request.group()) {
    return false;
  }
  if (request.has_token_id() &&
      event.actor().token_id() != request.token_id()) {
    return false;
  }
  const absl::Time time = FromWire(event.event_time());
  return (!request.has_start_time() ||
          time >= FromWire(request.start_time())) &&
         (!request.has_end_time() || time < FromWire(request.end_time()));
}

// `cache entry 7`, `group acme`.
std::string ObjectOf(const v1::AuditEvent::Resource& resource) {
  if (resource.type().empty()) return "";
  const std::string type = absl::StrReplaceAll(resource.type(), {{"_", " "}});
  if (resource.id() != 0) return absl::StrCat(type, " ", resource.id());
  return absl::StrCat(
      type, " ", resource.name().empty() ? resource.group() : resource.name());
}

nlohmann::json LineOf(const v1::AuditEvent& event) {
  const auto code = static_cast<absl::StatusCode>(event.result_code());
  nlohmann::json line = {
      {"time",
       absl::FormatTime(absl::RFC3339_full, FromWire(event.event_time()),
                        absl::UTCTimeZone())},
      {"event", event.method()},
      {"token_id", event.actor().token_id()},
      {"token_name", event.actor().token_name()},
      {"client", event.actor().peer()},
      {"object", ObjectOf(event.resource())},
      {"group", event.resource().group()},
      {"result", absl::StatusCodeToString(code)},
  };
  if (!event.result_reason().empty()) line["reason"] = event.result_reason();
  if (!event.request_id().empty()) line["request_id"] = event.request_id();
  std::string json;
  if (event.has_request() &&
      google::protobuf::util::MessageToJsonString(event.request(), &json)
          .ok()) {
    const auto request = nlohmann::json::parse(json, nullptr,
                                               /*allow_exceptions=*/false);
    if (!request.is_discarded()) line["request"] = request;
  }
  return line;
}

bool IsRefusal(const v1::AuditEvent& event) {
  const auto code = static_cast<absl::StatusCode>(event.result_code());
  return code == absl::StatusCode::kUnauthenticated ||
         code == absl::StatusCode::kPermissionDenied;
}

}  // namespace

void AuditTrail::Record(v1::AuditEvent event) {
  if (!event.has_event_time()) {
    *event.mutable_event_time() = ToWire(clock_.Now());
  }
  const bool is_refusal = IsRefusal(event);
  if (file_ != nullptr) {
    file_->Write(is_refusal ? AuditKind::kRefusal : AuditKind::kChange,
                 LineOf(event));
  }
  if (is_refusal) return;
  const absl::Status written = store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const int64_t id,
                         tables::NextId(transaction, tables::kAuditEventIds));
        event.set_id(id);
        tables::PutAuditEvent(transaction, ToStored(event));
        if (id > options_.events_max) {
          tables::DeleteAuditEvent(transaction, id - options_.events_max);
        }
        return absl::OkStatus();
      },
      Durability::kBuffered);
  if (!written.ok()) {
    spdlog::error("cannot write the audit event for {}: {}", event.method(),
                  written.ToString());
  }
  changes_.Notify();
}

absl::StatusOr<v1::ListAuditEventsResponse> AuditTrail::List(
    const v1::ListAuditEventsRequest& request) const {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const auto filter,
                   Filter::Parse(request.filter(),
                                 *v1::AuditEvent::descriptor(), kFilterFields));
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t before,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListAuditEventsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitAuditEvents(
        transaction, before,
        [&](const stored::AuditEvent& row) -> absl::StatusOr<bool> {
          const v1::AuditEvent event = ToApi(row);
          if (!Wants(request, event) || !filter.Matches(event)) return true;
          if (response.audit_events_size() == page_size) {
            response.set_next_page_token(MakePageToken(
                scope, response.audit_events(page_size - 1).id()));
            return false;
          }
          *response.add_audit_events() = event;
          return true;
        });
  }));
  return response;
}

absl::StatusOr<v1::AuditEvent> AuditTrail::Get(
    const v1::GetAuditEventRequest& request) const {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::AuditEvent>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindAuditEvent(transaction,
                                                       request.id());
                       }));
  if (!row) {
    return errors::NoSuch("audit event", absl::StrCat(request.id()));
  }
  return ToApi(*row);
}

absl::StatusOr<int64_t> AuditTrail::LastId() const {
  int64_t last = 0;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitAuditEvents(
        transaction, /*before=*/0,
        [&](const stored::AuditEvent& row) -> absl::StatusOr<bool> {
          last = row.id();
          return false;
        });
  }));
  return last;
}

// Ids rise by one, and the oldest events go first.
absl::StatusOr<v1::WatchAuditEventsResponse> AuditTrail::Next(
    int64_t after_id) const {
  ASSIGN_OR_RETURN(const int64_t last, LastId());
  int64_t id = std::max(after_id, last - options_.events_max);
  v1::WatchAuditEventsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction)
                                  -> absl::Status {
    while (++id <= last && response.audit_events_size() < kWatchedEventsMax) {
      ASSIGN_OR_RETURN(const auto row, tables::FindAuditEvent(transaction, id));
      if (row) *response.add_audit_events() = ToApi(*row);
    }
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace cvr
