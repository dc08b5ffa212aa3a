#include "services/metadata/conversion/audit_event_conversion.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/code.pb.h"

namespace cvr {
namespace {

// `cache entry 5`, `group acme`, as earlier revisions called what was changed.
void DescribeObject(absl::string_view object,
                    v1::AuditEvent::Resource& resource) {
  const size_t space = object.rfind(' ');
  if (space == absl::string_view::npos) return;
  const absl::string_view key = object.substr(space + 1);
  std::string type = absl::StrReplaceAll(object.substr(0, space), {{" ", "_"}});
  // What an attachment was called.
  if (type == "registry_upstream") type = "attachment";
  resource.set_type(std::move(type));
  int64_t id = 0;
  if (resource.type() != "group" && absl::SimpleAtoi(key, &id)) {
    resource.set_id(id);
  } else {
    resource.set_name(std::string(key));
  }
}

int CodeOf(const stored::AuditEvent& row) {
  google::rpc::Code code = google::rpc::UNKNOWN;
  if (row.result().empty()) return row.result_code();
  google::rpc::Code_Parse(row.result(), &code);
  return code;
}

}  // namespace

stored::AuditEvent ToStored(const v1::AuditEvent& from) {
  stored::AuditEvent to;
  to.set_id(from.id());
  if (from.has_event_time()) *to.mutable_time() = from.event_time();
  to.set_token_id(from.actor().token_id());
  to.set_token_name(from.actor().token_name());
  to.set_peer(from.actor().peer());
  to.set_method(from.method());
  to.set_resource_type(from.resource().type());
  to.set_resource_id(from.resource().id());
  to.set_resource_name(from.resource().name());
  to.set_group(from.resource().group());
  to.set_result_code(from.result_code());
  to.set_result_reason(from.result_reason());
  if (from.has_request()) {
    std::string json;
    const auto written =
        google::protobuf::util::MessageToJsonString(from.request(), &json);
    if (written.ok()) to.set_request(std::move(json));
  }
  to.set_request_omitted(from.request_omitted());
  to.set_request_id(from.request_id());
  return to;
}

v1::AuditEvent ToApi(const stored::AuditEvent& from) {
  v1::AuditEvent to;
  to.set_id(from.id());
  if (from.has_time()) *to.mutable_event_time() = from.time();
  v1::AuditEvent::Actor& actor = *to.mutable_actor();
  if (from.token_id() != 0) actor.set_token_id(from.token_id());
  actor.set_token_name(from.token_name());
  actor.set_peer(from.peer());
  to.set_method(from.method());
  v1::AuditEvent::Resource& resource = *to.mutable_resource();
  resource.set_type(from.resource_type());
  resource.set_id(from.resource_id());
  resource.set_name(from.resource_name());
  if (from.resource_type().empty()) DescribeObject(from.object(), resource);
  resource.set_group(from.group());
  to.set_result_code(CodeOf(from));
  to.set_result_reason(from.result_reason());
  to.set_request_omitted(from.request_omitted());
  if (!from.request().empty() && !google::protobuf::util::JsonStringToMessage(
                                      from.request(), to.mutable_request())
                                      .ok()) {
    to.clear_request();
    to.set_request_omitted(true);
  }
  to.set_request_id(from.request_id());
  return to;
}

}  // namespace cvr
