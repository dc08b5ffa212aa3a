#include "gateway/rest/rest_api.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/rest/attachment_operations.h"
#include "gateway/rest/entry_operations.h"
#include "gateway/rest/openapi_text.h"
#include "gateway/rest/policy_operations.h"
#include "gateway/rest/registry_operations.h"
#include "gateway/rest/request_token.h"
#include "gateway/rest/rest_error.h"
#include "gateway/rest/upstream_operations.h"
#include "services/common/errors.h"
#include "services/network/host.h"

namespace cvr {
namespace {

using rest::RestAnswer;

// The document is part of the program, and read by its tests.
rest::ApiDocument OurDocument() {
  return *rest::ApiDocument::Parse(rest::OpenApiText());
}

HttpReply DocumentReply() {
  HttpReply reply;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = std::string(rest::OpenApiText());
  return reply;
}

HttpReply ToReply(RestAnswer answer) {
  HttpReply reply;
  reply.status = answer.status;
  reply.fields = std::move(answer.fields);
  if (answer.body.is_null()) return reply;
  reply.fields.Add("Content-Type", "application/json");
  reply.body =
      answer.body.dump(-1, ' ', false, rest::Json::error_handler_t::replace);
  return reply;
}

}  // namespace

RestApi::RestApi(Options options)
    : options_(std::move(options)),
      document_(OurDocument()),
      services_(options_.metadata) {
  for (const rest::RestHandlers& handlers :
       {rest::RegistryOperations(), rest::UpstreamOperations(),
        rest::AttachmentOperations(), rest::EntryOperations(),
        rest::PolicyOperations()}) {
    for (const auto& [id, handler] : handlers) handlers_[id] = handler;
  }
}

std::vector<std::string> RestApi::implemented() const {
  std::vector<std::string> ids;
  for (const auto& [id, handler] : handlers_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

HttpReply RestApi::Handle(const HttpRequest& request, Admit admit) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(request.target, absl::MaxSplits('?', 1));
  const auto match = document_.Find(request.method, parts.first);
  HttpReply reply;
  if (match.methods.empty()) {
    reply = rest::NoSuchPathReply();
  } else if (match.operation == nullptr) {
    reply = rest::WrongMethodReply(match.methods);
  } else if (match.operation->is_public) {
    return DocumentReply();
  } else {
    reply = Run(request, *match.operation,
                {match.values, parts.second, request.fields.Get("Content-Type"),
                 request.body},
                admit);
  }
  // What administrators see is for them, and changes.
  reply.fields.Add("Cache-Control", "no-store");
  return reply;
}

std::optional<HttpReply> RestApi::Refuse(const HttpRequest& head, Admit admit) {
  const absl::string_view path =
      absl::string_view(head.target).substr(0, head.target.find('?'));
  const auto match = document_.Find(head.method, path);
  // Without a body these are answered in the same way.
  if (match.operation == nullptr) return Handle(head, admit);
  const std::string secret = rest::TokenOfRequest(head);
  if (secret.empty()) return Handle(head, admit);
  const auto client = admit(secret);
  if (client.ok()) return std::nullopt;
  HttpReply reply = rest::ErrorReply(client.status());
  reply.fields.Add("Cache-Control", "no-store");
  return reply;
}

HttpReply RestApi::Run(const HttpRequest& request,
                       const rest::Operation& operation,
                       const rest::ArgumentSource& source, Admit admit) {
  const std::string secret = rest::TokenOfRequest(request);
  if (secret.empty()) return rest::ErrorReply(errors::Unauthenticated());
  const auto client = admit(secret);
  if (!client.ok()) return rest::ErrorReply(client.status());
  if (operation.takes_body && !source.body.empty() &&
      !rest::IsReadableType(source.content_type)) {
    return rest::UnsupportedTypeReply(source.content_type.value_or(""));
  }
  const auto arguments = rest::ReadArguments(operation, source);
  if (!arguments.ok()) return rest::ErrorReply(arguments.status());
  const rest::RestCall call(services_, request, *arguments,
                            {secret, *client, OriginOf(request)},
                            options_.timeout);
  auto answer = handlers_.at(operation.id)(call);
  if (!answer.ok()) return rest::ErrorReply(answer.status());
  return ToReply(*std::move(answer));
}

HttpReply RestApi::ProtocolError(int http_status, absl::string_view message) {
  return rest::ProtocolErrorReply(http_status, message);
}

void RestApi::Cancel() { services_.running.Cancel(); }

// Nothing = links are relative.
std::string RestApi::OriginOf(const HttpRequest& request) const {
  if (!options_.external_url.empty()) return options_.external_url;
  const std::string host = request.fields.Get("Host").value_or("");
  if (!IsHostAndPort(host)) return "";
  return absl::StrCat(options_.over_tls ? "https://" : "http://", host);
}

}  // namespace cvr
