// The Resolver and the interfaces of MetadataClient, in process and over gRPC.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/grpc_metadata_client.h"
#include "services/metadata/api/grpc_resolver.h"
#include "services/metadata/cache_record_service.h"
#include "services/metadata/resolution_service.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "services/rpc/rpc_server.h"
#include "tests/contracts/metadata_access_contract.h"
#include "tests/contracts/metadata_epoch_contract.h"
#include "tests/contracts/metadata_eviction_contract.h"
#include "tests/contracts/metadata_garbage_contract.h"
#include "tests/contracts/metadata_location_contract.h"
#include "tests/contracts/metadata_name_contract.h"
#include "tests/contracts/metadata_negative_cache_contract.h"
#include "tests/contracts/metadata_resolution_contract.h"
#include "tests/support/peer_security.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

// The fixture's verbs, outside a test of its own.
class InProcess : public MetadataUnderTest, private MetadataFixture {
 public:
  Resolver& resolver() override { return stack_->resolver(); }
  MetadataClient& client() override { return stack_->client(); }
  void Advance(absl::Duration by) override { clock_.Advance(by); }
  void JumpWall(absl::Duration by) override { clock_.JumpWall(by); }

  int64_t AddRegistry(std::vector<v1::Upstream>& upstreams) override {
    const auto registry = CreateRegistry(
        next_name_.empty() ? absl::StrCat("registry ", ++registries_)
                           : std::exchange(next_name_, ""));
    EXPECT_THAT(registry, IsOk());
    for (v1::Upstream& upstream : upstreams) {
      upstream.set_group("default");
      const auto created = CreateUpstream(upstream);
      EXPECT_THAT(created, IsOk());
      upstream.set_id(created->id());
      EXPECT_THAT(Attach(registry->id(), created->id()), IsOk());
    }
    return registry->id();
  }
  void NameNextRegistry(const std::string& name) override { next_name_ = name; }
  int64_t AddToken(int64_t registry_id) override {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++tokens_));
    token.set_group("default");
    token.add_scopes(v1::AccessToken::SCOPE_READ);
    token.add_registry_ids(registry_id);
    const auto made = stack_->access_tokens().Create(request);
    EXPECT_THAT(made, IsOk());
    return made->access_token().id();
  }
  void ForgetRegistryInTokens(int64_t registry_id) override {
    EXPECT_THAT(stack_->access_tokens().ForgetRegistry(registry_id), IsOk());
  }
  void Change(const v1::Upstream& upstream) override {
    EXPECT_THAT(UpdateUpstream(upstream, {"cache_policy", "rules", "disabled"}),
                IsOk());
  }
  void ChangeAccess(const v1::Upstream& upstream) override {
    EXPECT_THAT(UpdateUpstream(upstream, {"url", "credentials", "tls"}),
                IsOk());
  }
  void DeleteUpstream(int64_t id) override {
    EXPECT_THAT(MetadataFixture::DeleteUpstream(id), IsOk());
    // Contracts hold while rows are deleted, and the numbers when they are.
    AwaitRemovals();
  }
  void DeleteEntry(int64_t id) override {
    v1::DeleteCacheEntryRequest request;
    request.set_id(id);
    EXPECT_THAT(stack_->cache_entries().Delete(request), IsOk());
  }
  void Purge(int64_t upstream_id) override {
    // Contracts hold while rows are deleted, and the numbers when they are.
    Await(MetadataFixture::Purge(upstream_id));
  }
  std::vector<v1::CacheEntry> Entries() override {
    return *MetadataFixture::Entries();
  }

  std::vector<grpc::Service*> services() {
    return {stack_->resolution_service(), stack_->cache_record_service()};
  }

 private:
  void TestBody() override {}

  int registries_ = 0;
  int tokens_ = 0;
  std::string next_name_;
};

// As the blob service, unless it is for the gateway alone.
std::shared_ptr<grpc::Channel> ChannelTo(const RpcServer& server,
                                         PeerRole role = PeerRole::kBlob) {
  return *OpenRpcChannel(server.address(), testing::PeerSecurity(role));
}

class OverGrpc : public InProcess {
 public:
  OverGrpc()
      : server_(*RpcServer::Start("127.0.0.1:0", services(),
                                  testing::PeerSecurity())),
        remote_(ChannelTo(*server_)),
        gateway_(ChannelTo(*server_, PeerRole::kGateway)) {}

  Resolver& resolver() override { return gateway_; }
  MetadataClient& client() override { return remote_; }

 private:
  const std::unique_ptr<RpcServer> server_;
  GrpcMetadataClient remote_;
  GrpcResolver gateway_;
};

INSTANTIATE_TEST_SUITE_P(InProcess, MetadataResolutionContract,
                         ::testing::Values([] {
                           return std::make_unique<InProcess>();
                         }));
INSTANTIATE_TEST_SUITE_P(OverGrpc, MetadataResolutionContract,
                         ::testing::Values([] {
                           return std::make_unique<OverGrpc>();
                         }));

INSTANTIATE_TEST_SUITE_P(InProcess, HubContract, ::testing::Values([] {
                           return std::make_unique<InProcess>();
                         }));
INSTANTIATE_TEST_SUITE_P(OverGrpc, HubContract, ::testing::Values([] {
                           return std::make_unique<OverGrpc>();
                         }));

const ContentRef kTag = *ParseRelativePath("/library/alpine/manifests/3.20");

// Every call over a channel of the blob service whose service answers with
// UNAVAILABLE; `gateway` is for what a gateway alone may ask.
void ExpectUnavailable(GrpcMetadataClient& client, GrpcResolver& resolver,
                       GrpcResolver& gateway) {
  const auto unavailable = StatusIs(absl::StatusCode::kUnavailable);
  const Digest digest = Digest::OfBytes("x");
  EXPECT_THAT(resolver.Resolve({1, kTag}), unavailable);
  EXPECT_THAT(gateway.Locate("default/team"), unavailable);
  EXPECT_THAT(client.GetUpstreamAccess(1), unavailable);
  EXPECT_THAT(client.FindPossessing(digest, {1}), unavailable);
  EXPECT_THAT(client.Record({1, kTag, Descriptor{"m/t", digest}}), unavailable);
  EXPECT_THAT(client.Touch({1, 1}, kTag, digest, false), unavailable);
  EXPECT_THAT(
      client.RecordNegativeAnswer({1, 1}, kTag, NegativeAnswer::kNotFound),
      unavailable);
  EXPECT_THAT(client.ForgetContent({digest}), unavailable);
  EXPECT_THAT(client.CheckUpstreams({{1, 1}}), unavailable);
  EXPECT_THAT(client.FilterUnreferenced({digest}), unavailable);
  EXPECT_THAT(client.ListGarbage(0, 1), unavailable);
  EXPECT_THAT(client.RemoveGarbage({1}), unavailable);
}

TEST(GrpcMetadataClientTest, AServiceThatIsGoneIsUnavailable) {
  std::string address;
  {
    InProcess metadata;
    const auto server = *RpcServer::Start("127.0.0.1:0", metadata.services(),
                                          testing::PeerSecurity());
    address = server->address();
  }
  const auto channel =
      *OpenRpcChannel(address, testing::PeerSecurity(PeerRole::kBlob));
  GrpcMetadataClient client(channel);
  GrpcResolver resolver(channel);
  ExpectUnavailable(client, resolver, resolver);
}

// Answers nothing until it goes.
class HangingMetadata : public Resolver, public MetadataClient {
 public:
  absl::StatusOr<Resolution> Resolve(const ResolveRequest&) override {
    return Hang();
  }
  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(int64_t) override {
    return Hang();
  }
  absl::StatusOr<std::vector<int64_t>> FindPossessing(
      const Digest&, absl::Span<const int64_t>) override {
    return Hang();
  }
  absl::Status Record(const CacheRecord&) override { return Hang(); }
  absl::Status Touch(const UpstreamEpoch&, const ContentRef&, const Digest&,
                     bool) override {
    return Hang();
  }
  absl::Status RecordNegativeAnswer(const UpstreamEpoch&, const ContentRef&,
                                    NegativeAnswer) override {
    return Hang();
  }
  absl::StatusOr<std::vector<UpstreamEpoch>> CheckUpstreams(
      absl::Span<const UpstreamEpoch>) override {
    return Hang();
  }
  absl::StatusOr<std::vector<Digest>> FilterUnreferenced(
      absl::Span<const Digest>) override {
    return Hang();
  }
  absl::StatusOr<std::vector<RefreshDue>> TakeRefreshDue(int) override {
    return Hang();
  }
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller&, int64_t, const CachedRepository&, int) override {
    return Hang();
  }
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view) override {
    return Hang();
  }
  absl::Status ForgetContent(absl::Span<const Digest>) override {
    return Hang();
  }

  absl::StatusOr<std::vector<Garbage>> ListGarbage(int64_t, int) override {
    return Hang();
  }
  absl::Status RemoveGarbage(absl::Span<const int64_t>) override {
    return Hang();
  }

  void Release() {
    MutexLock lock(&mutex_);
    released_ = true;
    changed_.SignalAll();
  }

 private:
  absl::Status Hang() {
    MutexLock lock(&mutex_);
    while (!released_) changed_.Wait(&mutex_);
    return absl::InternalError("released");
  }

  Mutex mutex_;
  CondVar changed_;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST(GrpcMetadataClientTest, AServiceThatDoesNotAnswerInTimeIsUnavailable) {
  HangingMetadata metadata;
  ResolutionServiceImpl resolution(metadata);
  CacheRecordServiceImpl records(metadata);
  const auto server = *RpcServer::Start("127.0.0.1:0", {&resolution, &records},
                                        testing::PeerSecurity());
  GrpcMetadataClient client(ChannelTo(*server),
                            {.deadline = absl::Milliseconds(20)});
  GrpcResolver resolver(ChannelTo(*server),
                        {.deadline = absl::Milliseconds(20)});
  GrpcResolver gateway(ChannelTo(*server, PeerRole::kGateway),
                       {.deadline = absl::Milliseconds(20)});
  ExpectUnavailable(client, resolver, gateway);
  metadata.Release();
}

// A peer of another make may send anything.
TEST(ResolutionServiceTest, NonsenseIsAnInvalidArgument) {
  InProcess metadata;
  const auto server = *RpcServer::Start("127.0.0.1:0", metadata.services(),
                                        testing::PeerSecurity());
  const auto channel = ChannelTo(*server);
  const auto stub = internal::v1::ResolutionService::NewStub(channel);
  const auto records = internal::v1::CacheRecordService::NewStub(channel);
  internal::v1::ResolveRequest request;
  request.mutable_content()->set_repository("UPPER");
  internal::v1::ResolveResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(stub->Resolve(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  internal::v1::TouchCacheEntryRequest touch;
  touch.mutable_content()->set_repository("a");
  touch.mutable_content()->set_reference("b");
  touch.mutable_content()->set_kind(v1::CONTENT_KIND_MANIFEST);
  touch.set_digest("rubbish");
  internal::v1::TouchCacheEntryResponse touched;
  grpc::ClientContext another;
  EXPECT_EQ(records->TouchCacheEntry(&another, touch, &touched).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  internal::v1::ForgetContentRequest forget;
  forget.add_digests("rubbish");
  internal::v1::ForgetContentResponse forgotten;
  grpc::ClientContext third;
  EXPECT_EQ(records->ForgetContent(&third, forget, &forgotten).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace cvr::testing
