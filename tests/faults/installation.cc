#include "tests/faults/installation.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cvr/v1/attachment_service.grpc.pb.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/explain_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/support/admin_channel.h"

namespace cvr::testing {
namespace {

constexpr char kGroup[] = "default";

// One call of `method`, which must succeed.
template <typename Response, typename Stub, typename Method, typename Request>
Response Must(const Stub& stub, Method method, const Request& request) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message() << " for "
                           << request.ShortDebugString();
  return response;
}

std::string UniqueName() {
  static std::atomic<int> count = 0;
  return absl::StrCat("test-", ++count);
}

std::unique_ptr<ServerProcess> StartOrDie(ServerProcess::Options options) {
  auto server = ServerProcess::Start(std::move(options));
  if (server.ok()) return *std::move(server);
  std::cerr << server.status() << "\n";
  std::abort();
}

}  // namespace

void SetLogin(v1::Upstream& upstream, const std::string& username,
              const std::string& password) {
  auto& basic = *upstream.mutable_credentials()->mutable_basic();
  basic.set_username(username);
  basic.set_password(password);
}

Installation::Installation(std::vector<std::string> extra_flags) {
  std::vector<std::string> flags = {"--http_address=127.0.0.1:0",
                                    "--grpc_address=127.0.0.1:0",
                                    "--data_dir=" + directory_.Join("data"),
                                    "--allow_private_upstreams",
                                    "--registries_per_group_max=100000",
                                    "--upstream_connect_timeout=3s",
                                    "--upstream_answer_timeout=3s",
                                    "--upstream_stall_timeout=3s"};
  flags.insert(flags.end(), extra_flags.begin(), extra_flags.end());
  server_ = StartOrDie({"services/standalone/cvr-standalone", std::move(flags),
                        directory_.path()});
  channel_ = AdminChannel(server_->grpc(), ReadSecret(TokenFile()));
}

int64_t Installation::CreateRegistry(bool anonymous_pull) {
  v1::CreateRegistryRequest request;
  request.mutable_registry()->set_group(kGroup);
  request.mutable_registry()->set_name(UniqueName());
  request.mutable_registry()->set_anonymous_pull(anonymous_pull);
  return Must<v1::Registry>(v1::RegistryService::NewStub(channel_),
                            &v1::RegistryService::Stub::CreateRegistry, request)
      .id();
}

int64_t Installation::CreateUpstream(v1::Upstream upstream) {
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = std::move(upstream);
  request.mutable_upstream()->set_group(kGroup);
  request.mutable_upstream()->set_name(UniqueName());
  return Must<v1::Upstream>(v1::UpstreamService::NewStub(channel_),
                            &v1::UpstreamService::Stub::CreateUpstream, request)
      .id();
}

void Installation::Attach(int64_t registry_id, int64_t upstream_id) {
  v1::CreateAttachmentRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  Must<v1::Attachment>(v1::AttachmentService::NewStub(channel_),
                       &v1::AttachmentService::Stub::CreateAttachment, request);
}

void Installation::Detach(int64_t registry_id, int64_t upstream_id) {
  v1::DeleteAttachmentRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  Must<google::protobuf::Empty>(v1::AttachmentService::NewStub(channel_),
                                &v1::AttachmentService::Stub::DeleteAttachment,
                                request);
}

void Installation::DeleteUpstream(int64_t id) {
  v1::DeleteUpstreamRequest request;
  request.set_id(id);
  Must<google::protobuf::Empty>(v1::UpstreamService::NewStub(channel_),
                                &v1::UpstreamService::Stub::DeleteUpstream,
                                request);
}

void Installation::UpdateUpstream(const v1::Upstream& upstream,
                                  const std::vector<std::string>& mask) {
  v1::UpdateUpstreamRequest request;
  request.set_id(upstream.id());
  *request.mutable_upstream() = upstream;
  request.mutable_upstream()->clear_id();
  for (const std::string& path : mask) {
    request.mutable_update_mask()->add_paths(path);
  }
  Must<v1::Upstream>(v1::UpstreamService::NewStub(channel_),
                     &v1::UpstreamService::Stub::UpdateUpstream, request);
}

void Installation::MoveUpstream(int64_t registry_id, int64_t upstream_id,
                                int position) {
  v1::MoveAttachmentRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  request.set_position(position);
  Must<v1::Attachment>(v1::AttachmentService::NewStub(channel_),
                       &v1::AttachmentService::Stub::MoveAttachment, request);
}

int64_t Installation::UpstreamNamed(const std::string& name) const {
  v1::GetUpstreamRequest request;
  request.mutable_key()->set_group(kGroup);
  request.mutable_key()->set_name(name);
  return Must<v1::Upstream>(v1::UpstreamService::NewStub(channel_),
                            &v1::UpstreamService::Stub::GetUpstream, request)
      .id();
}

std::vector<v1::CacheEntry> Installation::Entries(int64_t upstream_id) const {
  v1::ListCacheEntriesRequest request;
  request.set_upstream_id(upstream_id);
  const auto response = Must<v1::ListCacheEntriesResponse>(
      v1::CacheEntryService::NewStub(channel_),
      &v1::CacheEntryService::Stub::ListCacheEntries, request);
  return {response.cache_entries().begin(), response.cache_entries().end()};
}

grpc::StatusCode Installation::Expire(const v1::CacheEntry& entry) {
  v1::ExpireCacheEntryRequest request;
  request.set_id(entry.id());
  grpc::ClientContext context;
  v1::ExpireCacheEntryResponse response;
  return v1::CacheEntryService::NewStub(channel_)
      ->ExpireCacheEntry(&context, request, &response)
      .error_code();
}

HttpResponse Installation::Get(int64_t registry_id, const std::string& path,
                               const std::vector<std::string>& headers) const {
  return HttpGet(server_->http(),
                 absl::StrCat("/v2/virtual_registries/containers/", registry_id,
                              "/", path),
                 headers);
}

HttpResponse Installation::Head(int64_t registry_id,
                                const std::string& path) const {
  return HttpRequest("HEAD", server_->http(),
                     absl::StrCat("/v2/virtual_registries/containers/",
                                  registry_id, "/", path));
}

v1::ExplainResponse Installation::Explain(int64_t registry_id,
                                          const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, "/manifests/");
  v1::ExplainRequest request;
  request.set_registry_id(registry_id);
  request.mutable_content()->set_kind(v1::CONTENT_KIND_MANIFEST);
  request.mutable_content()->set_repository(parts.front());
  request.mutable_content()->set_reference(parts.back());
  return Must<v1::ExplainResponse>(v1::ExplainService::NewStub(channel_),
                                   &v1::ExplainService::Stub::Explain, request);
}

HttpResponse Installation::Rest(const std::string& method,
                                const std::string& path,
                                const std::string& content_type,
                                const std::string& body) const {
  return HttpSend(
      method, server_->http(), absl::StrCat("/api/v4/", path),
      {.headers = {absl::StrCat("PRIVATE-TOKEN: ", ReadSecret(TokenFile())),
                   absl::StrCat("Content-Type: ", content_type)},
       .body = body});
}

void Installation::Write(const std::string& name,
                         const std::string& content) const {
  std::ofstream(directory_.Join(name), std::ios::binary) << content;
}

void Installation::Shell(const std::string& script) const {
  const std::string prepared = absl::StrCat(
      "CVR=$PWD/tools/cvr/cvr; export CVR_SERVER=", server_->grpc(),
      " CVR_TOKEN_FILE=", TokenFile(), "; cd ", directory_.path(), "; ",
      script);
  const ProgramResult result = RunProgram({"/bin/sh", "-euc", prepared});
  EXPECT_EQ(result.status, 0) << script << "\n" << result.output;
}

}  // namespace cvr::testing
