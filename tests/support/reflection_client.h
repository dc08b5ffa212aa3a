#ifndef TESTS_SUPPORT_REFLECTION_CLIENT_H_
#define TESTS_SUPPORT_REFLECTION_CLIENT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"

namespace cvr::testing {

// A client that knows no service of ours beforehand: what there is, and how
// messages look, it learns by server reflection, as grpcurl does. One thread.
// What is not answered within two minutes is DEADLINE_EXCEEDED.
class ReflectionClient {
 public:
  explicit ReflectionClient(std::shared_ptr<grpc::Channel> channel);
  ~ReflectionClient();

  // Full names: `cvr.v1.RegistryService`.
  absl::StatusOr<std::vector<std::string>> ListServices();

  // Of a service. Errors: NOT_FOUND; what the server answers.
  absl::StatusOr<const google::protobuf::ServiceDescriptor*> FindService(
      const std::string& name);

  // Calls `cvr.v1.RegistryService/GetRegistry` with a request in protobuf JSON
  // and answers the response's. Only the first message of a stream. Errors:
  // what the server answers.
  absl::StatusOr<std::string> Call(const std::string& method,
                                   const std::string& request_json);

  // The same on `channel`, with an empty request and these metadata fields;
  // only what became of it.
  using Fields = std::vector<std::pair<std::string, std::string>>;
  absl::Status CallOn(const std::shared_ptr<grpc::Channel>& channel,
                      const std::string& method, const Fields& fields = {});

 private:
  class Schema;

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Schema> schema_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_REFLECTION_CLIENT_H_
