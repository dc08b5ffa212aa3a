#include "services/rpc/call_guard.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "services/access/access_rules.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/process/redacted_json.h"
#include "services/rpc/credentials/call_gate.h"

namespace cvr {
namespace {

constexpr size_t kRequestBytesMax = 4096;
constexpr size_t kClientBytesMax = 64;

std::string MetadataField(const grpc::ServerContextBase& context,
                          const char* name) {
  const auto& fields = context.client_metadata();
  const auto found = fields.find(name);
  if (found == fields.end()) return "";
  return std::string(found->second.data(), found->second.size());
}

// `RegistryService.CreateRegistry`. A method's request bears its name.
std::string MethodOf(const google::protobuf::Message& request) {
  const auto& descriptor = *request.GetDescriptor();
  return absl::StrCat(descriptor.file()->service(0)->name(), ".",
                      absl::StripSuffix(descriptor.name(), "Request"));
}

// What was made: the answer, or a message in a `Create...Response`.
const google::protobuf::Message& MadeIn(
    const google::protobuf::Message& response) {
  const auto& type = *response.GetDescriptor();
  if (!absl::EndsWith(type.name(), "Response")) return response;
  const auto& reflection = *response.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* const field = type.field(i);
    if (field->message_type() != nullptr && !field->is_repeated()) {
      return reflection.GetMessage(response, field);
    }
  }
  return response;
}

// What was made has its id in the answer only, or its name if it has no id.
std::string ObjectOf(const google::protobuf::Message& answer) {
  using google::protobuf::FieldDescriptor;
  const auto& response = MadeIn(answer);
  const auto& reflection = *response.GetReflection();
  const auto* const id = response.GetDescriptor()->FindFieldByName("id");
  const auto* const name = response.GetDescriptor()->FindFieldByName("name");
  std::string key;
  if (id != nullptr && id->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    key = absl::StrCat(reflection.GetInt64(response, id));
  } else if (name != nullptr &&
             name->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    key = reflection.GetString(response, name);
  } else {
    return "";
  }
  std::string kind;
  for (const char c : response.GetDescriptor()->name()) {
    if (absl::ascii_isupper(c) && !kind.empty()) kind += ' ';
    kind += absl::ascii_tolower(c);
  }
  return absl::StrCat(kind, " ", key);
}

}  // namespace

std::string TokenOfCall(const grpc::ServerContextBase& context) {
  const std::string field = MetadataField(context, "authorization");
  absl::string_view value = field;
  constexpr absl::string_view kScheme = "bearer ";
  if (!absl::StartsWithIgnoreCase(value, kScheme)) return "";
  value.remove_prefix(kScheme.size());
  return std::string(absl::StripAsciiWhitespace(value));
}

std::string PeerOfCall(const grpc::ServerContextBase& context) {
  // The gate has removed it from calls of everybody but gateways.
  const std::string client = MetadataField(context, kClientField);
  if (!client.empty()) return client.substr(0, kClientBytesMax);
  // `ipv4:127.0.0.1:4711`, `ipv6:%5B::1%5D:4711`, `unix:`.
  const std::string uri =
      absl::StrReplaceAll(context.peer(), {{"%5B", "["}, {"%5D", "]"}});
  absl::string_view peer = uri;
  const bool is_network = absl::ConsumePrefix(&peer, "ipv4:") ||
                          absl::ConsumePrefix(&peer, "ipv6:");
  if (!is_network) return std::string(uri.substr(0, uri.find(':')));
  return std::string(peer.substr(0, peer.rfind(':')));
}

absl::StatusOr<CallGuard::Admitted> CallGuard::Admit(
    const grpc::ServerContextBase& context,
    const google::protobuf::Message& request) {
  auto admitted = Decide(context, request);
  if (absl::IsUnauthenticated(admitted.status()) ||
      absl::IsPermissionDenied(admitted.status())) {
    NoteRefused(context, request, admitted.status());
  }
  return admitted;
}

absl::StatusOr<CallGuard::Admitted> CallGuard::Decide(
    const grpc::ServerContextBase& context,
    const google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(const auto questions, AccessNeededFor(request));
  ASSIGN_OR_RETURN(auto admission,
                   authority_.Authorize(TokenOfCall(context), questions));
  Admitted admitted;
  if (admission.missing) {
    const AccessQuestion& question = questions[*admission.missing];
    if (!SucceedsWithoutObject(request)) {
      return errors::NoSuch(KindName(question.kind),
                            question.kind == AccessQuestion::Kind::kGroup
                                ? question.name
                                : absl::StrCat(question.id));
    }
    admitted.is_done = true;
    return admitted;
  }
  if (IsChange(request)) {
    v1::AuditEvent& event = admitted.event.emplace();
    event.set_token_id(admission.caller.token_id);
    event.set_token_name(admission.caller.token_name);
    event.set_peer(PeerOfCall(context));
    event.set_method(MethodOf(request));
    event.set_object(NameOfObject(questions.front()));
    event.set_group(admission.group);
  }
  admitted.caller = std::move(admission.caller);
  return admitted;
}

absl::StatusOr<Caller> CallGuard::Check(
    const grpc::ServerContextBase& context,
    const google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(auto admitted, Admit(context, request));
  return std::move(admitted.caller);
}

// Looking as well as changing. Whose token it was is not known when it is not
// good.
void CallGuard::NoteRefused(const grpc::ServerContextBase& context,
                            const google::protobuf::Message& request,
                            const absl::Status& status) {
  v1::AuditEvent event;
  event.set_peer(PeerOfCall(context));
  event.set_method(MethodOf(request));
  const auto questions = AccessNeededFor(request);
  if (questions.ok()) event.set_object(NameOfObject(questions->front()));
  event.set_result(absl::StatusCodeToString(status.code()));
  event.set_request(RedactedJson(request, kRequestBytesMax));
  authority_.Record(std::move(event));
}

void CallGuard::NoteDone(Admitted& admitted,
                         const google::protobuf::Message& request,
                         const absl::Status& status,
                         const google::protobuf::Message& response) {
  if (!admitted.event) return;
  v1::AuditEvent& event = *admitted.event;
  const bool made = status.ok() &&
                    absl::StartsWith(request.GetDescriptor()->name(), "Create");
  if (made && !ObjectOf(response).empty()) {
    event.set_object(ObjectOf(response));
  }
  event.set_result(absl::StatusCodeToString(status.code()));
  event.set_request(RedactedJson(request, kRequestBytesMax));
  authority_.Record(std::move(event));
}

}  // namespace cvr
