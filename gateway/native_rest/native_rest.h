#ifndef GATEWAY_NATIVE_REST_NATIVE_REST_H_
#define GATEWAY_NATIVE_REST_NATIVE_REST_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/administration.h"
#include "gateway/message/http_message.h"
#include "gateway/native_rest/route_table.h"
#include "gateway/rest/running_calls.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"

namespace cvr {

// REST under `/api/cvr/v1`: the methods of cvr.v1 as their google.api.http
// options say, and the OpenAPI document of it. It only transcodes; the service
// behind it decides who may do what. Callers show an access token as
// `Authorization: Bearer cvr_...`. Thread-safe.
class NativeRest : public Administration {
 public:
  struct Options {
    // To the metadata service, which serves or forwards all of cvr.v1.
    std::shared_ptr<grpc::Channel> channel;
    // For the call of one request. A request that says how long it waits (a
    // Duration `timeout`) has that in addition, or as much again when it does
    // not say, at most `wait_max`.
    absl::Duration timeout = absl::Seconds(60);
    absl::Duration wait_max = absl::Minutes(10);
  };

  explicit NativeRest(Options options);

  std::optional<HttpReply> Refuse(const HttpRequest& head,
                                  Admit admit) override;
  HttpReply Handle(const HttpRequest& request, Admit admit) override;
  HttpReply ProtocolError(int http_status, absl::string_view message) override;
  void Cancel() override;

 private:
  HttpReply Answer(const HttpRequest& request, Admit admit,
                   const std::string& request_id);
  HttpReply Run(const HttpRequest& request,
                const native_rest::RouteTable::Match& match,
                absl::string_view query, Admit admit,
                const std::string& request_id);
  // Calls the method of `route`. Errors: what it answers; UNAVAILABLE,
  // DEADLINE_EXCEEDED.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const native_rest::Route& route, const google::protobuf::Message& request,
      const std::string& secret, const std::string& client);
  absl::Duration TimeoutOf(const google::protobuf::Message& request) const;

  const Options options_;
  const native_rest::RouteTable routes_;
  rest::RunningCalls running_;
};

// Whether `target` is for NativeRest. Pure.
inline bool IsNativeRestTarget(absl::string_view target) {
  return absl::StartsWith(target, "/api/cvr/");
}

}  // namespace cvr

#endif  // GATEWAY_NATIVE_REST_NATIVE_REST_H_
