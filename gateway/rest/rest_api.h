#ifndef GATEWAY_REST_REST_API_H_
#define GATEWAY_REST_REST_API_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "gateway/http/administration.h"
#include "gateway/message/http_message.h"
#include "gateway/rest/api_document.h"
#include "gateway/rest/rest_call.h"
#include "gateway/rest/rest_services.h"
#include "grpcpp/channel.h"

namespace cvr {

// REST under `/api/v4`: a translation of requests that openapi.json describes
// into calls of the services for administration, which decide who may do what.
// Callers show a token as `PRIVATE-TOKEN` or `Authorization: Bearer`.
// Thread-safe.
class RestApi : public Administration {
 public:
  struct Options {
    // To the metadata service.
    std::shared_ptr<grpc::Channel> metadata;
    // Where clients reach us, for links; empty = as they say, over https when
    // `over_tls`.
    std::string external_url;
    bool over_tls = false;
    // For all calls of one request. Trying an upstream takes longest.
    absl::Duration timeout = absl::Seconds(60);
  };

  explicit RestApi(Options options);

  std::optional<HttpReply> Refuse(const HttpRequest& head,
                                  Admit admit) override;
  HttpReply Handle(const HttpRequest& request, Admit admit) override;
  HttpReply ProtocolError(int http_status, absl::string_view message) override;
  void Cancel() override;

  // What can be asked.
  const rest::ApiDocument& document() const { return document_; }
  // The ids of the operations that are implemented, sorted.
  std::vector<std::string> implemented() const;

 private:
  HttpReply Run(const HttpRequest& request, const rest::Operation& operation,
                const rest::ArgumentSource& source, Admit admit);
  std::string OriginOf(const HttpRequest& request) const;

  const Options options_;
  const rest::ApiDocument document_;
  absl::flat_hash_map<std::string, rest::RestHandler> handlers_;
  rest::RestServices services_;
};

}  // namespace cvr

#endif  // GATEWAY_REST_REST_API_H_
