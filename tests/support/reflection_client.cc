#include "tests/support/reflection_client.h"

#include <chrono>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"
#include "grpcpp/generic/generic_stub.h"
#include "services/common/status_macros.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/server_reflection.grpc.pb.h"

namespace cvr::testing {
namespace {

namespace pb = google::protobuf;
namespace reflection = grpc::reflection::v1alpha;

// So that a hang is an answer that a test can tell of.
constexpr std::chrono::minutes kPatience(2);

void BePatient(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
}

absl::StatusOr<reflection::ServerReflectionResponse> Ask(
    const std::shared_ptr<grpc::Channel>& channel,
    const reflection::ServerReflectionRequest& request) {
  const auto stub = reflection::ServerReflection::NewStub(channel);
  grpc::ClientContext context;
  BePatient(context);
  const auto stream = stub->ServerReflectionInfo(&context);
  reflection::ServerReflectionResponse response;
  stream->Write(request);
  stream->WritesDone();
  const bool answered = stream->Read(&response);
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return FromRpcStatus(status);
  if (!answered) return absl::UnavailableError("no answer");
  if (response.has_error_response()) {
    return absl::NotFoundError(response.error_response().error_message());
  }
  return response;
}

grpc::ByteBuffer ToBytes(const pb::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

std::string FromBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return "";
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// The first message that a method answers; empty bytes when there is none.
absl::StatusOr<std::string> CallBytes(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
    const pb::Message& request, const ReflectionClient::Fields& fields = {}) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  BePatient(context);
  for (const auto& [name, value] : fields) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, "/" + method, &queue);
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  next();
  call->WriteLast(ToBytes(request), grpc::WriteOptions(), nullptr);
  next();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = next();
  // A stream goes on for as long as we like.
  if (answered) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  if (answered) return FromBytes(answer);
  if (!status.ok()) return FromRpcStatus(status);
  return "";
}

}  // namespace

// Descriptors, asked for when they are needed.
class ReflectionClient::Schema : public pb::DescriptorDatabase {
 public:
  explicit Schema(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)), pool_(this) {}

  pb::DescriptorPool& pool() { return pool_; }
  pb::DynamicMessageFactory& factory() { return factory_; }

  bool FindFileByName(const std::string& name,
                      pb::FileDescriptorProto* output) override {
    const auto file = files_.find(name);
    if (file == files_.end()) return false;
    *output = file->second;
    return true;
  }

  // The server sends what a file imports along with it.
  bool FindFileContainingSymbol(const std::string& symbol,
                                pb::FileDescriptorProto* output) override {
    reflection::ServerReflectionRequest request;
    request.set_file_containing_symbol(symbol);
    const auto response = Ask(channel_, request);
    if (!response.ok()) return false;
    const auto& files = response->file_descriptor_response();
    for (int i = 0; i < files.file_descriptor_proto_size(); ++i) {
      pb::FileDescriptorProto file;
      if (!file.ParseFromString(files.file_descriptor_proto(i))) return false;
      if (i == 0) *output = file;
      files_[file.name()] = file;
    }
    return files.file_descriptor_proto_size() > 0;
  }

  bool FindFileContainingExtension(const std::string&, int,
                                   pb::FileDescriptorProto*) override {
    return false;
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  std::map<std::string, pb::FileDescriptorProto> files_;
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_;
};

ReflectionClient::ReflectionClient(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)),
      schema_(std::make_unique<Schema>(channel_)) {}

ReflectionClient::~ReflectionClient() = default;

absl::StatusOr<std::vector<std::string>> ReflectionClient::ListServices() {
  reflection::ServerReflectionRequest request;
  request.set_list_services("*");
  ASSIGN_OR_RETURN(const auto response, Ask(channel_, request));
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  return names;
}

absl::StatusOr<const pb::ServiceDescriptor*> ReflectionClient::FindService(
    const std::string& name) {
  const auto* const service = schema_->pool().FindServiceByName(name);
  if (service != nullptr) return service;
  return absl::NotFoundError(absl::StrCat("no service ", name));
}

absl::StatusOr<std::string> ReflectionClient::Call(
    const std::string& method, const std::string& request_json) {
  const size_t slash = method.find('/');
  ASSIGN_OR_RETURN(const auto* const service,
                   FindService(method.substr(0, slash)));
  const auto* const descriptor =
      service->FindMethodByName(method.substr(slash + 1));
  if (descriptor == nullptr) {
    return absl::NotFoundError(absl::StrCat("no method ", method));
  }
  auto& factory = schema_->factory();
  const std::unique_ptr<pb::Message> request(
      factory.GetPrototype(descriptor->input_type())->New());
  const auto parsed =
      pb::util::JsonStringToMessage(request_json, request.get());
  if (!parsed.ok()) return absl::InvalidArgumentError(parsed.ToString());
  ASSIGN_OR_RETURN(const std::string bytes,
                   CallBytes(channel_, method, *request));
  const std::unique_ptr<pb::Message> response(
      factory.GetPrototype(descriptor->output_type())->New());
  if (!response->ParseFromString(bytes)) {
    return absl::DataLossError("not the message that reflection told of");
  }
  std::string json;
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto printed = pb::util::MessageToJsonString(*response, &json, options);
  if (!printed.ok()) return absl::DataLossError(printed.ToString());
  return json;
}

absl::Status ReflectionClient::CallOn(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
    const Fields& fields) {
  // Empty messages look alike.
  const google::protobuf::DescriptorProto empty;
  return CallBytes(channel, method, empty, fields).status();
}

}  // namespace cvr::testing
