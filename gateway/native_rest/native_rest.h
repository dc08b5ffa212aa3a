#ifndef GATEWAY_NATIVE_REST_NATIVE_REST_H_
#define GATEWAY_NATIVE_REST_NATIVE_REST_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/administration.h"
#include "gateway/message/http_message.h"
#include "gateway/native_rest/route_table.h"
#include "gateway/rest/running_calls.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "services/common/limits.h"

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
    // For the call of one request.
    absl::Duration timeout = absl::Seconds(60);
    // How long a request may wait beside that, whatever its field `timeout`
    // says: it holds a thread.
    absl::Duration wait_max = absl::Seconds(60);
  };

  explicit NativeRest(Options options);

  std::optional<HttpReply> Refuse(const HttpRequest& head,
                                  Admit admit) override;
  HttpReply Handle(const HttpRequest& request, Admit admit) override;
  HttpReply ProtocolError(int http_status, absl::string_view message) override;
  void Cancel() override;
  size_t body_bytes_max() const override {
    return limits::kNativeRestBodyBytesMax;
  }

 private:
  // Who sent a request.
  struct Sender {
    std::string secret;  // Of visible ASCII.
    std::string client;  // Its address.
  };

  HttpReply Answer(const HttpRequest& request, Admit admit,
                   const std::string& request_id);
  HttpReply Run(const HttpRequest& request,
                const native_rest::RouteTable::Match& match,
                absl::string_view query, Admit admit,
                const std::string& request_id);
  // Errors are for ErrorReply().
  absl::StatusOr<HttpReply> Transcode(
      const HttpRequest& request, const native_rest::RouteTable::Match& match,
      absl::string_view query, const Sender& sender);
  // Calls the method of `route`. Errors: what it answers; UNAVAILABLE,
  // DEADLINE_EXCEEDED.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const native_rest::Route& route, const google::protobuf::Message& request,
      const Sender& sender);

  const Options options_;
  const native_rest::RouteTable routes_;
  rest::RunningCalls running_;
};

}  // namespace cvr

#endif  // GATEWAY_NATIVE_REST_NATIVE_REST_H_
