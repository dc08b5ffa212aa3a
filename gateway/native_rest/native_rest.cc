#include "gateway/native_rest/native_rest.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/message/authorization_field.h"
#include "gateway/message/url_text.h"
#include "gateway/native_rest/answer_json.h"
#include "gateway/native_rest/error_reply.h"
#include "gateway/native_rest/openapi_text.h"
#include "gateway/native_rest/request_builder.h"
#include "gateway/native_rest/request_fields.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/impl/client_unary_call.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/impl/rpc_method.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/rpc/rpc_status.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageLite;
using native_rest::Route;
using native_rest::RouteTable;

constexpr char kPackage[] = "cvr.v1";
constexpr char kDocumentPath[] = "/api/cvr/v1/openapi.json";
constexpr char kJsonType[] = "application/json";
constexpr size_t kLoggedBytesMax = 512;

// The options are part of the program, and read by its tests.
RouteTable OurRoutes() {
  return *RouteTable::Of(native_rest::ApiFiles(), kPackage);
}

using Target = std::pair<absl::string_view, absl::string_view>;

Target SplitTarget(absl::string_view target) {
  return absl::StrSplit(target, absl::MaxSplits('?', 1));
}

// What may be an access token's secret; empty when there is none. Visible
// ASCII.
std::string TokenOf(const HttpRequest& request) {
  const auto field = request.fields.Get("Authorization");
  if (!field || !absl::StartsWithIgnoreCase(*field, "Bearer ")) return "";
  const ShownCredential shown = ParseAuthorization(field);
  return shown.kind == ShownCredential::Kind::kSecret ? shown.value : "";
}

// Parameters, such as a charset, change nothing: JSON is UTF-8.
bool IsJson(const HttpRequest& request) {
  const absl::string_view type = request.fields.First("Content-Type");
  return absl::EqualsIgnoreCase(
      absl::StripAsciiWhitespace(type.substr(0, type.find(';'))), kJsonType);
}

HttpReply JsonReply(std::string body) {
  HttpReply reply;
  reply.fields.Add("Content-Type", kJsonType);
  reply.body = std::move(body);
  return reply;
}

// Errors: INTERNAL when the answer cannot be printed.
absl::StatusOr<HttpReply> AnswerReply(const HttpRequest& request,
                                      const Route& route,
                                      const Message& answer) {
  const std::string tag = native_rest::EntityTagOf(answer);
  const std::string known = request.fields.Get("If-None-Match").value_or("");
  HttpReply reply;
  if (route.http_method == "GET" && native_rest::NamesEntityTag(known, tag)) {
    reply.status = 304;
  } else {
    ASSIGN_OR_RETURN(std::string json, native_rest::AnswerJson(answer));
    reply = JsonReply(std::move(json));
  }
  if (!tag.empty()) reply.fields.Add("ETag", tag);
  return reply;
}

// The field with which a request says how long it waits; null = it does not
// wait.
const FieldDescriptor* WaitField(const Message& request) {
  const FieldDescriptor* const field =
      request.GetDescriptor()->FindFieldByName("timeout");
  return field != nullptr && !field->is_repeated() &&
                 field->message_type() ==
                     google::protobuf::Duration::descriptor()
             ? field
             : nullptr;
}

// Shortens the wait that a request asks for to `wait_max`.
void BoundWait(absl::Duration wait_max, Message& request) {
  const FieldDescriptor* const field = WaitField(request);
  const auto* const reflection = request.GetReflection();
  if (field == nullptr || !reflection->HasField(request, field)) return;
  auto* const wait = dynamic_cast<google::protobuf::Duration*>(
      reflection->MutableMessage(&request, field));
  if (wait != nullptr && FromWire(*wait) > wait_max) *wait = ToWire(wait_max);
}

HttpReply WithCommonFields(HttpReply reply, const std::string& request_id) {
  // What administrators see is for them, and changes.
  reply.fields.Add("Cache-Control", "no-store");
  reply.fields.Add("X-Request-Id", request_id);
  return reply;
}

}  // namespace

NativeRest::NativeRest(Options options)
    : options_(std::move(options)), routes_(OurRoutes()) {}

HttpReply NativeRest::Handle(const HttpRequest& request, Admit admit) {
  const std::string request_id = native_rest::RequestIdOf(request.fields);
  return WithCommonFields(Answer(request, admit, request_id), request_id);
}

HttpReply NativeRest::Answer(const HttpRequest& request, Admit admit,
                             const std::string& request_id) {
  const auto [path, query] = SplitTarget(request.target);
  if (path == kDocumentPath) {
    if (!request.is_read()) return native_rest::WrongMethodReply({"GET"});
    return JsonReply(std::string(native_rest::OpenApiText()));
  }
  const auto match = routes_.Find(request.method, path);
  if (match.methods.empty()) return native_rest::NoSuchPathReply();
  if (match.route == nullptr) {
    return native_rest::WrongMethodReply(match.methods);
  }
  return Run(request, match, query, admit, request_id);
}

std::optional<HttpReply> NativeRest::Refuse(const HttpRequest& head,
                                            Admit admit) {
  const auto match = routes_.Find(head.method, SplitTarget(head.target).first);
  const std::string secret = TokenOf(head);
  // Without a body these are answered in the same way.
  if (match.route == nullptr || secret.empty()) return Handle(head, admit);
  const auto client = admit(secret);
  std::optional<HttpReply> reply;
  if (!client.ok()) {
    reply = native_rest::ErrorReply(client.status());
  } else if (!IsJson(head)) {
    reply = native_rest::UnsupportedTypeReply();
  }
  if (!reply) return std::nullopt;
  return WithCommonFields(*std::move(reply),
                          native_rest::RequestIdOf(head.fields));
}

HttpReply NativeRest::Run(const HttpRequest& request,
                          const RouteTable::Match& match,
                          absl::string_view query, Admit admit,
                          const std::string& request_id) {
  const std::string secret = TokenOf(request);
  if (secret.empty()) {
    return native_rest::ErrorReply(errors::Unauthenticated());
  }
  const auto client = admit(secret);
  if (!client.ok()) return native_rest::ErrorReply(client.status());
  if (!request.body.empty() && !IsJson(request)) {
    return native_rest::UnsupportedTypeReply();
  }
  auto reply = Transcode(request, match, query, {secret, *client});
  if (reply.ok()) return *std::move(reply);
  HttpReply error = native_rest::ErrorReply(reply.status());
  if (error.status >= 500) {
    spdlog::warn(
        "REST request failed: status {}, method {}, request_id {}, cause: {}",
        error.status, match.route->method->full_name(), request_id,
        Printable(reply.status().ToString(), kLoggedBytesMax));
  }
  return error;
}

absl::StatusOr<HttpReply> NativeRest::Transcode(const HttpRequest& request,
                                                const RouteTable::Match& match,
                                                absl::string_view query,
                                                const Sender& sender) {
  const Route& route = *match.route;
  ASSIGN_OR_RETURN(
      const auto message,
      native_rest::BuildRequest(route, {match.bindings, query, request.body}));
  RETURN_IF_ERROR(native_rest::ApplyFields(request.fields, route, *message));
  BoundWait(options_.wait_max, *message);
  ASSIGN_OR_RETURN(const auto answer, Call(route, *message, sender));
  return AnswerReply(request, route, *answer);
}

absl::StatusOr<std::unique_ptr<Message>> NativeRest::Call(
    const Route& route, const Message& request, const Sender& sender) {
  std::unique_ptr<Message> response(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(route.method->output_type())
          ->New());
  absl::Duration timeout = options_.timeout;
  if (WaitField(request) != nullptr) timeout += options_.wait_max;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  context.AddMetadata("authorization", absl::StrCat("Bearer ", sender.secret));
  // The library takes nothing but this.
  if (absl::c_all_of(sender.client, absl::ascii_isgraph)) {
    context.AddMetadata("cvr-client", sender.client);
  }
  const rest::RunningCalls::Scope scope(running_, context);
  const grpc::internal::RpcMethod method(route.rpc_path.c_str(),
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  // What generated stubs do, for messages of any type.
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall<MessageLite, MessageLite>(
          options_.channel.get(), method, &context, request, response.get());
  if (status.ok()) return response;
  // This gateway, or the service, is about to stop.
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return errors::ShuttingDown("the server");
  }
  return FromRpcStatus(status);
}

HttpReply NativeRest::ProtocolError(int http_status,
                                    absl::string_view message) {
  return WithCommonFields(native_rest::ProtocolErrorReply(http_status, message),
                          native_rest::RequestIdOf({}));
}

void NativeRest::Cancel() { running_.Cancel(); }

}  // namespace cvr
