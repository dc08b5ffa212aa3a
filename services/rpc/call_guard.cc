#include "services/rpc/call_guard.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "cvr/v1/annotations.pb.h"
#include "services/access/access_rules.h"
#include "services/access/resource_keys.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/rpc/call_audit.h"
#include "services/rpc/credentials/call_gate.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr size_t kClientBytesMax = 64;
// A caller that repeats a request without a deadline waits no longer for the
// first one.
constexpr absl::Duration kRepetitionWaitMax = absl::Seconds(60);

std::string MetadataField(const grpc::ServerContextBase& context,
                          const char* name) {
  const auto& fields = context.client_metadata();
  const auto found = fields.find(name);
  if (found == fields.end()) return "";
  return std::string(found->second.data(), found->second.size());
}

// What is missing, as the caller calls it.
absl::Status Missing(const AccessQuestion& question) {
  const bool has_name = question.kind == AccessQuestion::Kind::kGroup ||
                        (question.id == 0 && !question.name.empty());
  return errors::NoSuch(KindName(question.kind),
                        has_name ? question.name : absl::StrCat(question.id));
}

bool IsRepeatable(const google::protobuf::Message& request) {
  const auto* const method = MethodOfRequest(*request.GetDescriptor());
  return method != nullptr && method->options().GetExtension(v1::repeatable) &&
         !HasFlag(request, "validate_only");
}

std::string RequestIdOf(const google::protobuf::Message& request) {
  const auto* const field =
      request.GetDescriptor()->FindFieldByName("request_id");
  return field == nullptr ? ""
                          : request.GetReflection()->GetString(request, field);
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
  // The gate has removed it from calls of all who may not say so.
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
  std::string hash;
  if (IsRepeatable(request) && !RequestIdOf(request).empty()) {
    hash = HashOfRequest(request);
  }
  // Requests are objects of the server's own, which are not constant.
  auto admitted =
      Decide(context, const_cast<google::protobuf::Message&>(request));
  if (absl::IsUnauthenticated(admitted.status()) ||
      absl::IsPermissionDenied(admitted.status())) {
    NoteRefused(context, request, admitted.status());
  }
  if (admitted.ok()) admitted->request_hash = std::move(hash);
  return admitted;
}

absl::StatusOr<std::vector<AccessQuestion>> CallGuard::Questions(
    google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(const auto keys, KeysOf(request));
  for (const ResourceKeyField& key : keys) {
    ASSIGN_OR_RETURN(const auto id, authority_.FindByKey(key.key));
    if (id) SetId(request, key, *id);
  }
  return AccessNeededFor(request);
}

absl::StatusOr<CallGuard::Admitted> CallGuard::Decide(
    const grpc::ServerContextBase& context,
    google::protobuf::Message& request) {
  const std::string secret = TokenOfCall(context);
  absl::StatusOr<std::vector<AccessQuestion>> questions = Questions(request);
  if (absl::IsInvalidArgument(questions.status())) {
    // Whoever shows nothing is told that alone.
    const AccessQuestion who = {AccessPolicy::Action::kAuthenticate};
    RETURN_IF_ERROR(
        authority_.Authorize(secret, absl::MakeConstSpan(&who, 1)).status());
  }
  RETURN_IF_ERROR(questions.status());
  ASSIGN_OR_RETURN(auto admission, authority_.Authorize(secret, *questions));
  Admitted admitted;
  if (admission.missing) {
    const AccessQuestion& question = (*questions)[*admission.missing];
    const bool is_made = MakesMissingObject(request) &&
                         question.action == AccessPolicy::Action::kAdminister;
    if (!SucceedsWithoutObject(request) && !is_made) return Missing(question);
    admitted.is_done = !is_made;
    if (admitted.is_done) return admitted;
  }
  if (IsChange(request)) {
    admitted.event =
        EventOf(request, PeerOfCall(context), *questions, &admission);
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

absl::Status CallGuard::Begin(const grpc::ServerContextBase& context,
                              const google::protobuf::Message& request,
                              Admitted& admitted,
                              google::protobuf::Message& response) {
  const std::string request_id = RequestIdOf(request);
  if (request_id.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckRequestId(request_id));
  RequestReplays* const replays = authority_.replays();
  if (replays == nullptr || !IsRepeatable(request) ||
      admitted.caller.token_id <= 0) {
    return absl::OkStatus();
  }
  const absl::Time deadline = std::min(absl::FromChrono(context.deadline()),
                                       absl::Now() + kRepetitionWaitMax);
  ASSIGN_OR_RETURN(
      admitted.claim,
      replays->Begin({admitted.caller.token_id, MethodNameOf(request),
                      request_id, admitted.request_hash},
                     deadline, response));
  admitted.is_done = admitted.claim == nullptr;
  return absl::OkStatus();
}

void CallGuard::Keep(Admitted& admitted,
                     const google::protobuf::Message& request,
                     const google::protobuf::Message& response) {
  if (admitted.claim == nullptr) return;
  const absl::Status kept = admitted.claim->Keep(response);
  if (!kept.ok()) {
    spdlog::error("cannot keep the answer of {} for a repetition: {}",
                  MethodNameOf(request), kept.ToString());
  }
}

// Looking as well as changing. Whose token it was is not known when it is not
// good.
void CallGuard::NoteRefused(const grpc::ServerContextBase& context,
                            const google::protobuf::Message& request,
                            const absl::Status& status) {
  const auto questions = AccessNeededFor(request);
  v1::AuditEvent event = EventOf(
      request, PeerOfCall(context),
      questions.ok() ? *questions : std::vector<AccessQuestion>(), nullptr);
  FinishEvent(request, status, /*response=*/nullptr, event);
  authority_.Record(std::move(event));
}

void CallGuard::NoteDone(Admitted& admitted,
                         const google::protobuf::Message& request,
                         const absl::Status& status,
                         const google::protobuf::Message& response) {
  if (!admitted.event) return;
  FinishEvent(request, status, &response, *admitted.event);
  authority_.Record(*std::move(admitted.event));
}

}  // namespace cvr
