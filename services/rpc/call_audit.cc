#include "services/rpc/call_audit.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/json_util.h"
#include "services/access/access_rules.h"
#include "services/common/errors.h"
#include "services/process/redacted_json.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = AccessQuestion::Kind;

constexpr size_t kRequestBytesMax = 4096;

// `cleanup_policy` for CleanupPolicy.
std::string SnakeCase(absl::string_view name) {
  std::string result;
  for (const char c : name) {
    if (absl::ascii_isupper(c) && !result.empty()) result += '_';
    result += absl::ascii_tolower(c);
  }
  return result;
}

// The type of resource that a service manages: `upstream` for UpstreamService.
std::string TypeOfService(const Message& request) {
  const auto* const method = MethodOfRequest(*request.GetDescriptor());
  if (method == nullptr) return "";
  return SnakeCase(absl::StripSuffix(method->service()->name(), "Service"));
}

bool IsResource(absl::string_view type) {
  for (const absl::string_view known :
       {"registry", "upstream", "group", "access_token", "cache_entry",
        "cleanup_policy", "attachment", "operation"}) {
    if (type == known) return true;
  }
  return false;
}

std::string TypeOfKind(Kind kind) {
  return SnakeCase(kind == Kind::kCacheEntry ? "CacheEntry" : KindName(kind));
}

std::string TextIn(const Message& message, const char* name) {
  const auto* const field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return message.GetReflection()->GetString(message, field);
}

int64_t IdIn(const Message& message) {
  const auto* const field = message.GetDescriptor()->FindFieldByName("id");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_INT64) {
    return 0;
  }
  return message.GetReflection()->GetInt64(message, field);
}

// The message of a type in `message`, itself or one in it; null = none.
const Message* Within(const Message& message, absl::string_view type) {
  if (SnakeCase(message.GetDescriptor()->name()) == type) return &message;
  const auto& reflection = *message.GetReflection();
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const auto* const field = descriptor.field(i);
    if (field->message_type() == nullptr || field->is_repeated() ||
        !reflection.HasField(message, field)) {
      continue;
    }
    if (SnakeCase(field->message_type()->name()) == type) {
      return &reflection.GetMessage(message, field);
    }
  }
  return nullptr;
}

// What a resource says of itself.
void Describe(const Message& given, v1::AuditEvent::Resource& resource) {
  if (const int64_t id = IdIn(given); id > 0) resource.set_id(id);
  const std::string name = TextIn(given, "name");
  if (!name.empty()) resource.set_name(name);
  const std::string group = TextIn(given, "group");
  if (!group.empty()) resource.set_group(group);
  if (resource.type() == "group") resource.set_group(resource.name());
}

void DescribeObject(const Message& request, const AccessQuestion& question,
                    v1::AuditEvent::Resource& resource) {
  const std::string type = TypeOfService(request);
  if (question.kind == Kind::kGroup) {
    // The group of what is made, or whose policy is changed.
    resource.set_type(IsResource(type) ? type : "group");
    resource.set_group(question.name);
    if (resource.type() == "group") resource.set_name(question.name);
  } else if (question.kind != Kind::kNone) {
    resource.set_type(TypeOfKind(question.kind));
    resource.set_id(question.id);
    if (question.id == 0) resource.set_name(question.name);
  } else if (IsResource(type)) {
    resource.set_type(type);
    resource.set_id(IdIn(request));
  }
  if (resource.type() != type) return;
  if (const Message* const given = Within(request, type)) {
    Describe(*given, resource);
  }
}

void RecordRequest(const Message& request, v1::AuditEvent& event) {
  const std::string json = RedactedJson(request, kRequestBytesMax);
  const bool is_recorded =
      json.size() <= kRequestBytesMax &&
      google::protobuf::util::JsonStringToMessage(json, event.mutable_request())
          .ok();
  if (!is_recorded) {
    event.clear_request();
    event.set_request_omitted(true);
  }
}

}  // namespace

v1::AuditEvent EventOf(const Message& request, const std::string& peer,
                       absl::Span<const AccessQuestion> questions,
                       const Admission* admission) {
  v1::AuditEvent event;
  event.mutable_actor()->set_peer(peer);
  event.set_method(MethodNameOf(request));
  event.set_request_id(TextIn(request, "request_id"));
  v1::AuditEvent::Resource& resource = *event.mutable_resource();
  if (!questions.empty()) {
    DescribeObject(request, questions.front(), resource);
  }
  if (admission == nullptr) return event;
  event.mutable_actor()->set_token_id(admission->caller.token_id);
  event.mutable_actor()->set_token_name(admission->caller.token_name);
  if (!admission->group.empty()) resource.set_group(admission->group);
  if (!admission->name.empty() && resource.name().empty()) {
    resource.set_name(admission->name);
  }
  return event;
}

void FinishEvent(const Message& request, const absl::Status& status,
                 const Message* response, v1::AuditEvent& event) {
  event.set_result_code(static_cast<int>(status.code()));
  if (!status.ok()) {
    const absl::Status with_reason = WithSomeReason(status);
    event.set_result_reason(std::string(ReasonName(ReasonOf(with_reason))));
  }
  RecordRequest(request, event);
  const std::string type = TypeOfService(request);
  if (!status.ok() || response == nullptr || !IsResource(type)) return;
  const Message* const made = Within(*response, type);
  if (made == nullptr) return;
  event.mutable_resource()->set_type(type);
  Describe(*made, *event.mutable_resource());
}

}  // namespace cvr
