#include "services/metadata/admin/audit_trail.h"

#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/content_wire.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/audit_event_conversion.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
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

bool Wants(const v1::ListAuditEventsRequest& request,
           const stored::AuditEvent& event) {
  if (!request.group().empty() && event.group() != request.group()) {
    return false;
  }
  if (request.token_id() != 0 && event.token_id() != request.token_id()) {
    return false;
  }
  const absl::Time time = FromWire(event.time());
  return (!request.has_start_time() ||
          time >= FromWire(request.start_time())) &&
         (!request.has_end_time() || time < FromWire(request.end_time()));
}

nlohmann::json LineOf(const v1::AuditEvent& event) {
  nlohmann::json line = {
      {"time", absl::FormatTime(absl::RFC3339_full, FromWire(event.time()),
                                absl::UTCTimeZone())},
      {"event", event.method()},
      {"token_id", event.token_id()},
      {"token_name", event.token_name()},
      {"client", event.peer()},
      {"object", event.object()},
      {"group", event.group()},
      {"result", event.result()},
  };
  const auto request = nlohmann::json::parse(event.request(), nullptr,
                                             /*allow_exceptions=*/false);
  if (!request.is_discarded()) line["request"] = request;
  return line;
}

bool IsRefusal(const v1::AuditEvent& event) {
  return event.result() == "UNAUTHENTICATED" ||
         event.result() == "PERMISSION_DENIED";
}

}  // namespace

void AuditTrail::Record(v1::AuditEvent event) {
  if (!event.has_time()) *event.mutable_time() = ToWire(clock_.Now());
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
}

absl::StatusOr<v1::ListAuditEventsResponse> AuditTrail::List(
    const v1::ListAuditEventsRequest& request) const {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t before,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListAuditEventsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitAuditEvents(
        transaction, before,
        [&](const stored::AuditEvent& event) -> absl::StatusOr<bool> {
          if (!Wants(request, event)) return true;
          if (response.audit_events_size() == page_size) {
            response.set_next_page_token(MakePageToken(
                scope, response.audit_events(page_size - 1).id()));
            return false;
          }
          *response.add_audit_events() = ToApi(event);
          return true;
        });
  }));
  return response;
}

}  // namespace cvr
