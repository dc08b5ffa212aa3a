#include "tools/cvr/fake_server.h"

#include <cstddef>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// One call: read the request, write the answers. Deletes itself when done.
class FakeServer::Call : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(Script script) : script_(std::move(script)) {
    StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return End(grpc::Status(grpc::StatusCode::INTERNAL, "no call"));
    }
    grpc::Slice in;
    (void)message_.DumpToSingleSlice(&in);
    answer_ = script_(std::string(in.begin(), in.end()));
    WriteNext();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return End(answer_.status);
    WriteNext();
  }
  void OnCancel() override {
    // A call that is over or still writes ends by itself.
    MutexLock lock(&mutex_);
    if (waits_ && !ended_) {
      ended_ = true;
      Finish(grpc::Status::CANCELLED);
    }
    cancelled_ = true;
  }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (!answer_.status.ok()) return End(answer_.status);
    if (written_ == answer_.messages.size()) {
      if (!answer_.then) return End(answer_.status);
      return WaitForEnd();
    }
    const grpc::Slice slice(answer_.messages[written_++]);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&message_);
  }

  void WaitForEnd() {
    {
      MutexLock lock(&mutex_);
      waits_ = true;
      if (cancelled_ && !ended_) {
        ended_ = true;
        Finish(grpc::Status::CANCELLED);
        return;
      }
    }
    answer_.then();
  }

  void End(const grpc::Status& status) {
    MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
    Finish(status);
  }

  const Script script_;
  grpc::ByteBuffer message_;
  Answer answer_;
  size_t written_ = 0;

  Mutex mutex_;
  bool waits_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

grpc::ServerGenericBidiReactor* FakeServer::Service::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  server_.methods_called_.insert(context->method());
  server_.metadata_.clear();
  for (const auto& [key, value] : context->client_metadata()) {
    server_.metadata_.emplace(std::string(key.data(), key.size()),
                              std::string(value.data(), value.size()));
  }
  const auto script = server_.scripts_.find(context->method());
  if (script == server_.scripts_.end()) {
    return new Call([](const std::string&) {
      return Answer{grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no script")};
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
