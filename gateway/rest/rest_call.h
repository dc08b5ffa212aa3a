#ifndef GATEWAY_REST_REST_CALL_H_
#define GATEWAY_REST_REST_CALL_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/message/http_message.h"
#include "gateway/rest/arguments.h"
#include "gateway/rest/rest_services.h"
#include "grpcpp/client_context.h"
#include "nlohmann/json.hpp"
#include "services/rpc/rpc_status.h"

namespace cvr::rest {

// Keeps the order of fields.
using Json = nlohmann::ordered_json;

// Who sent a request.
struct RestCaller {
  std::string secret;  // Of visible ASCII.
  std::string client;  // Its address.
  // How it reaches us, such as `https://cvr.example.com`; empty = not known.
  std::string origin;
};

// One request on its way: what it asks for and for whom.
class RestCall {
 public:
  // All must outlive it.
  RestCall(RestServices& services, const HttpRequest& request,
           const Arguments& arguments, RestCaller caller,
           absl::Duration timeout)
      : arguments(arguments),
        request(request),
        caller(std::move(caller)),
        services(services),
        deadline_(absl::Now() + timeout) {}

  // Calls a service for the caller. Errors: what it answers; UNAVAILABLE,
  // DEADLINE_EXCEEDED, CANCELLED.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Ask(
      Stub& stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& message) const {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline_));
    context.AddMetadata("authorization",
                        absl::StrCat("Bearer ", caller.secret));
    // The library takes nothing but this.
    if (absl::c_all_of(caller.client, absl::ascii_isgraph)) {
      context.AddMetadata("cvr-client", caller.client);
    }
    const RunningCalls::Scope scope(services.running, context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, message, &response);
    if (!status.ok()) return FromRpcStatus(status);
    return response;
  }

  const Arguments& arguments;
  const HttpRequest& request;
  const RestCaller caller;
  RestServices& services;

 private:
  const absl::Time deadline_;
};

struct RestAnswer {
  int status = 200;
  Json body;  // Null = none.
  HttpFields fields = {};
};

// Carries out an operation. Errors are those that ErrorReply() takes.
using RestHandler = std::function<absl::StatusOr<RestAnswer>(const RestCall&)>;

// Handlers by operation id.
using RestHandlers = std::vector<std::pair<std::string, RestHandler>>;

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REST_CALL_H_
