#ifndef TOOLS_CVR_FAKE_SERVER_H_
#define TOOLS_CVR_FAKE_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"

namespace cvr {

// A gRPC server on a loopback port of its own whose methods are scripted by a
// test. Methods without a script answer UNIMPLEMENTED. Scripts run on the
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
        [script = std::move(script)](const std::string& in) {
          Request request;
          Response response;
          if (!request.ParseFromString(in)) {
            return Answer{
                grpc::Status(grpc::StatusCode::INTERNAL, "not the request")};
          }
          Answer answer{script(request, &response)};
          answer.messages.push_back(response.SerializeAsString());
          return answer;
        };
  }

  // Answers the streaming `method` with `messages`. Then the stream ends; with
  // `then` that is called instead, and the stream lasts until the client ends
  // it.
  template <typename Response>
  void OnStream(const std::string& method, std::vector<Response> messages,
                std::function<void()> then = nullptr) {
    scripts_["/cvr.v1." + method] = [messages = std::move(messages),
                                     then =
                                         std::move(then)](const std::string&) {
      Answer answer{grpc::Status::OK, {}, then};
      for (const Response& message : messages) {
        answer.messages.push_back(message.SerializeAsString());
      }
      return answer;
    };
  }

  // What has been called, `/cvr.v1.RegistryService/GetRegistry`, and the values
  // of the metadata field `key` in the last call. Not to be called while a call
  // is under way.
  const std::set<std::string>& methods_called() const {
    return methods_called_;
  }
  std::vector<std::string> Metadata(const std::string& key) const;

 private:
  struct Answer {
    grpc::Status status;
    std::vector<std::string> messages;
    std::function<void()> then;
  };
  using Script = std::function<Answer(const std::string& request)>;

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
  std::set<std::string> methods_called_;
  std::multimap<std::string, std::string> metadata_;
  Service service_{*this};
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_FAKE_SERVER_H_
