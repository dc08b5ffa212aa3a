#include "tests/faults/installation.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "cvr/v1/explain_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/support/admin_channel.h"

namespace cvr::testing {
namespace {

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
  request.mutable_registry()->set_name(UniqueName());
  request.mutable_registry()->set_anonymous_pull(anonymous_pull);
  return Must<v1::Registry>(v1::RegistryService::NewStub(channel_),
                            &v1::RegistryService::Stub::CreateRegistry, request)
      .id();
}

int64_t Installation::CreateUpstream(v1::Upstream upstream) {
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = std::move(upstream);
  request.mutable_upstream()->set_name(UniqueName());
  return Must<v1::Upstream>(v1::UpstreamService::NewStub(channel_),
                            &v1::UpstreamService::Stub::CreateUpstream, request)
      .id();
}

void Installation::Attach(int64_t registry_id, int64_t upstream_id) {
  v1::AttachUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  Must<v1::RegistryUpstream>(v1::UpstreamService::NewStub(channel_),
                             &v1::UpstreamService::Stub::AttachUpstream,
                             request);
}

void Installation::Detach(int64_t registry_id, int64_t upstream_id) {
  v1::DetachUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  Must<google::protobuf::Empty>(v1::UpstreamService::NewStub(channel_),
                                &v1::UpstreamService::Stub::DetachUpstream,
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
  *request.mutable_upstream() = upstream;
  for (const std::string& path : mask) {
    request.mutable_update_mask()->add_paths(path);
  }
  Must<v1::Upstream>(v1::UpstreamService::NewStub(channel_),
                     &v1::UpstreamService::Stub::UpdateUpstream, request);
}

void Installation::MoveUpstream(int64_t registry_id, int64_t upstream_id,
                                int position) {
  v1::MoveUpstreamRequest request;
  request.set_registry_id(registry_id);
  request.set_upstream_id(upstream_id);
  request.set_position(position);
  Must<v1::RegistryUpstream>(v1::UpstreamService::NewStub(channel_),
                             &v1::UpstreamService::Stub::MoveUpstream, request);
}

int64_t Installation::UpstreamNamed(const std::string& name) const {
  v1::ListUpstreamsRequest request;
  request.set_name_contains(name);
  const auto response = Must<v1::ListUpstreamsResponse>(
      v1::UpstreamService::NewStub(channel_),
      &v1::UpstreamService::Stub::ListUpstreams, request);
  for (const v1::Upstream& upstream : response.upstreams()) {
    if (upstream.name() == name) return upstream.id();
  }
  return 0;
}

std::vector<v1::CacheEntry> Installation::Entries(int64_t upstream_id) const {
  v1::ListCacheEntriesRequest request;
  request.set_upstream_id(upstream_id);
  const auto response = Must<v1::ListCacheEntriesResponse>(
      v1::CacheEntryService::NewStub(channel_),
      &v1::CacheEntryService::Stub::ListCacheEntries, request);
  return {response.cache_entries().begin(), response.cache_entries().end()};
}

void Installation::Age(const v1::CacheEntry& entry, absl::Duration age) {
  v1::UpdateCacheEntryRequest request;
  request.mutable_cache_entry()->set_id(entry.id());
  request.mutable_cache_entry()->mutable_upstream_checked_at()->set_seconds(
      absl::ToUnixSeconds(absl::Now() - age));
  request.mutable_update_mask()->add_paths("upstream_checked_at");
  Must<v1::CacheEntry>(v1::CacheEntryService::NewStub(channel_),
                       &v1::CacheEntryService::Stub::UpdateCacheEntry, request);
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
