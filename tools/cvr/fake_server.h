#ifndef TOOLS_CVR_FAKE_SERVER_H_
#define TOOLS_CVR_FAKE_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"

namespace cvr {

// A gRPC server on a loopback port of its own whose unary methods are scripted
// by a test. Methods without a script answer UNIMPLEMENTED. Scripts run on the
// server's threads, while the test waits for its call to return.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  const std::string& address() const { return address_; }

  // Answers `method`, such as "RegistryService/GetRegistry". Not to be called
  // while a call is under way.
  template <typename Request, typename Response>
  void On(const std::string& method,
          std::function<grpc::Status(const Request&, Response*)> script) {
    scripts_["/cvr.v1." + method] =
        [script = std::move(script)](const std::string& in, std::string* out) {
          Request request;
          Response response;
          if (!request.ParseFromString(in)) {
            return grpc::Status(grpc::StatusCode::INTERNAL, "not the request");
          }
          grpc::Status status = script(request, &response);
          response.SerializeToString(out);
          return status;
        };
  }

  // The values of the metadata field `key` in the last call. Not to be called
  // while a call is under way.
  std::vector<std::string> Metadata(const std::string& key) const;

 private:
  using Script = std::function<grpc::Status(const std::string&, std::string*)>;

  class Call;
  class Service : public grpc::CallbackGenericService {
   public:
    explicit Service(FakeServer& server) : server_(server) {}
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override;

   private:
    FakeServer& server_;
  };

  std::map<std::string, Script> scripts_;
  std::multimap<std::string, std::string> metadata_;
  Service service_{*this};
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_FAKE_SERVER_H_
