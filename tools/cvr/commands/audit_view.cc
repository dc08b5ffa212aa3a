#include "tools/cvr/commands/audit_view.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cvr/client/output.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using v1::AuditEvent;

// `ci (4)`; empty when nobody was known.
std::string ActorText(const AuditEvent& event) {
  const AuditEvent::Actor& actor = event.actor();
  if (!actor.has_token_id()) return "";
  return absl::StrCat(actor.token_name(), " (", actor.token_id(), ")");
}

// `registry 7 (web)`, `group acme`.
std::string ChangedText(const AuditEvent& event) {
  const AuditEvent::Resource& resource = event.resource();
  std::string text = resource.type();
  if (resource.id() != 0) absl::StrAppend(&text, " ", resource.id());
  if (resource.name().empty()) return text;
  return resource.id() != 0 ? absl::StrCat(text, " (", resource.name(), ")")
                            : absl::StrCat(text, " ", resource.name());
}

// `OK`, the reason, or the name of the code.
std::string ResultText(const AuditEvent& event) {
  if (!event.result_reason().empty()) return event.result_reason();
  const std::string code = absl::StatusCodeToString(
      static_cast<absl::StatusCode>(event.result_code()));
  return code.empty() ? absl::StrCat(event.result_code()) : code;
}

std::vector<std::string> Cells(const AuditEvent& event) {
  return {TimeText(event.event_time()),
          ActorText(event),
          event.actor().peer(),
          event.method(),
          ChangedText(event),
          event.resource().group(),
          ResultText(event)};
}

std::string RequestText(const AuditEvent& event) {
  if (event.request_omitted()) return "not recorded (too large)";
  if (!event.has_request()) return "";
  return ToJson(event.request(), /*pretty=*/false);
}

}  // namespace

std::string AuditTable(const std::vector<AuditEvent>& events) {
  TextTable table({{"TIME"},
                   {"WHO"},
                   {"FROM"},
                   {"METHOD"},
                   {"RESOURCE"},
                   {"GROUP"},
                   {"RESULT"}});
  for (const AuditEvent& event : events) table.AddRow(Cells(event));
  return table.ToString();
}

std::string AuditFields(const AuditEvent& event) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(event.id()));
  fields.Add("time", TimeText(event.event_time()));
  fields.Add("who", ActorText(event));
  fields.Add("from", event.actor().peer());
  fields.Add("method", event.method());
  fields.Add("resource", ChangedText(event));
  fields.Add("group", event.resource().group());
  fields.Add("result", ResultText(event));
  fields.Add("request", RequestText(event));
  fields.Add("request id", event.request_id());
  return fields.ToString();
}

std::string AuditLine(const AuditEvent& event) {
  std::vector<std::string> cells = Cells(event);
  for (std::string& cell : cells) {
    if (cell.empty()) cell = "-";
  }
  return absl::Utf8SafeCEscape(absl::StrJoin(cells, "  "));
}

}  // namespace cvr
