#include "tools/cvr/fake_server.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cvr {

// One call: read the request, write the answer. Deletes itself when done.
class FakeServer::Call : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(Script script) : script_(std::move(script)) {
    StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::INTERNAL, "no call"));
    grpc::Slice in;
    (void)message_.DumpToSingleSlice(&in);
    std::string out;
    status_ = script_(std::string(in.begin(), in.end()), &out);
    if (!status_.ok()) return Finish(status_);
    const grpc::Slice slice(out);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&message_);
  }
  void OnWriteDone(bool) override { Finish(status_); }
  void OnDone() override { delete this; }

 private:
  const Script script_;
  grpc::ByteBuffer message_;
  grpc::Status status_;
};

grpc::ServerGenericBidiReactor* FakeServer::Service::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  server_.metadata_.clear();
  for (const auto& [key, value] : context->client_metadata()) {
    server_.metadata_.emplace(std::string(key.data(), key.size()),
                              std::string(value.data(), value.size()));
  }
  const auto script = server_.scripts_.find(context->method());
  if (script == server_.scripts_.end()) {
    return new Call([](const std::string&, std::string*) {
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no script");
    });
  }
  return new Call(script->second);
}

FakeServer::FakeServer() {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterCallbackGenericService(&service_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) std::abort();
  address_ = absl::StrCat("127.0.0.1:", port);
}

std::vector<std::string> FakeServer::Metadata(const std::string& key) const {
  std::vector<std::string> values;
  const auto [first, last] = metadata_.equal_range(key);
  for (auto it = first; it != last; ++it) values.push_back(it->second);
  return values;
}

FakeServer::~FakeServer() { server_->Shutdown(); }

}  // namespace cvr
