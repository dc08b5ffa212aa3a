// What the guard does before a method of administration runs, over the wire
// and with the real metadata service behind it.

#include <memory>
#include <string>

#include "cvr/v1/access_token_service.grpc.pb.h"
#include "cvr/v1/audit_service.grpc.pb.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/server_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "cvr/v1/watch_service.grpc.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/rpc/code.pb.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/admin_channel.h"

namespace cvr::testing {
namespace {

constexpr char kId[] = "2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a10";

using Registries = v1::RegistryService::Stub;
using Upstreams = v1::UpstreamService::Stub;

class GuardedCallsTest : public MetadataFixture {
 protected:
  void SetUp() override {
    ASSERT_THAT(CreateGroup("acme"), IsOk());
    ASSERT_THAT(CreateGroup("other"), IsOk());
    auto server = RpcServer::Start("127.0.0.1:0", stack_->admin_services());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    UseToken("admin", "", v1::AccessToken::SCOPE_ADMIN);
  }
  void TearDown() override { stack_->Shutdown(); }

  // Calls show a new token from now on: of a group, or of all.
  void UseToken(const std::string& name, const std::string& group,
                v1::AccessToken::Scope scope) {
    v1::CreateAccessTokenRequest request;
    v1::AccessToken& token = *request.mutable_access_token();
    token.set_name(name);
    token.add_scopes(scope);
    if (group.empty()) {
      token.set_all_groups(true);
    } else {
      token.set_group(group);
    }
    const auto made = stack_->access_tokens().Create(request);
    ASSERT_THAT(made, IsOk());
    UseSecret(made->secret());
  }
  void UseSecret(const std::string& secret) {
    channel_ = AdminChannel(server_->address(), secret);
    registries_ = v1::RegistryService::NewStub(channel_);
    upstreams_ = v1::UpstreamService::NewStub(channel_);
  }

  template <typename Stub, typename Method, typename Request, typename Response>
  static absl::Status Call(Stub& stub, Method method, const Request& request,
                           Response& response) {
    grpc::ClientContext context;
    return FromRpcStatus((stub.*method)(&context, request, &response));
  }

  static v1::CreateRegistryRequest NewRegistry(const std::string& group,
                                               const std::string& name) {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_group(group);
    request.mutable_registry()->set_name(name);
    return request;
  }
  static v1::RegistryKey Key(const std::string& group,
                             const std::string& name) {
    v1::RegistryKey key;
    key.set_group(group);
    key.set_name(name);
    return key;
  }

  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Registries> registries_;
  std::unique_ptr<Upstreams> upstreams_;
  v1::Registry registry_;
};

TEST_F(GuardedCallsTest, AKeyIsAsGoodAsAnId) {
  const auto web = *CreateRegistry("web", "acme");
  v1::GetRegistryRequest get;
  *get.mutable_key() = Key("acme", "web");
  ASSERT_THAT(Call(*registries_, &Registries::GetRegistry, get, registry_),
              IsOk());
  EXPECT_EQ(registry_.id(), web.id());
  get.mutable_key()->set_name("none");
  const absl::Status missing =
      Call(*registries_, &Registries::GetRegistry, get, registry_);
  EXPECT_THAT(missing,
              StatusIs(absl::StatusCode::kNotFound, Reason::kResourceNotFound));
  EXPECT_EQ(ResourceOf(missing)->name, "acme/none");
}

// Nobody learns of what exists elsewhere.
TEST_F(GuardedCallsTest, AHiddenKeyIsAsOneThatIsNotThere) {
  ASSERT_THAT(CreateRegistry("web", "other"), IsOk());
  UseToken("member", "acme", v1::AccessToken::SCOPE_MANAGE);
  v1::GetRegistryRequest get;
  *get.mutable_key() = Key("other", "web");
  EXPECT_THAT(Call(*registries_, &Registries::GetRegistry, get, registry_),
              StatusIs(absl::StatusCode::kNotFound));
  UseSecret("");
  EXPECT_THAT(Call(*registries_, &Registries::GetRegistry, get, registry_),
              StatusIs(absl::StatusCode::kUnauthenticated));
  // Not even what is wrong with the request.
  EXPECT_THAT(Call(*registries_, &Registries::GetRegistry,
                   v1::GetRegistryRequest(), registry_),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(GuardedCallsTest, AnUpdateMayMakeWhatIsMissing) {
  UseToken("member", "acme", v1::AccessToken::SCOPE_MANAGE);
  v1::UpdateRegistryRequest update;
  *update.mutable_key() = Key("acme", "web");
  update.mutable_registry()->set_description("d");
  EXPECT_THAT(
      Call(*registries_, &Registries::UpdateRegistry, update, registry_),
      StatusIs(absl::StatusCode::kNotFound));
  update.set_allow_missing(true);
  ASSERT_THAT(
      Call(*registries_, &Registries::UpdateRegistry, update, registry_),
      IsOk());
  EXPECT_EQ(registry_.name(), "web");
  EXPECT_EQ(registry_.group(), "acme");
  const int64_t id = registry_.id();
  ASSERT_THAT(
      Call(*registries_, &Registries::UpdateRegistry, update, registry_),
      IsOk());
  EXPECT_EQ(registry_.id(), id);
  // Not in a group that is not its own.
  update.mutable_key()->set_group("other");
  EXPECT_FALSE(
      Call(*registries_, &Registries::UpdateRegistry, update, registry_).ok());
}

TEST_F(GuardedCallsTest, DeletingNothingSucceedsWhenThatIsAskedFor) {
  v1::DeleteRegistryRequest remove;
  *remove.mutable_key() = Key("acme", "web");
  google::protobuf::Empty nothing;
  EXPECT_THAT(Call(*registries_, &Registries::DeleteRegistry, remove, nothing),
              StatusIs(absl::StatusCode::kNotFound));
  remove.set_allow_missing(true);
  EXPECT_THAT(Call(*registries_, &Registries::DeleteRegistry, remove, nothing),
              IsOk());
}

TEST_F(GuardedCallsTest, ARepeatedCallMakesNothingTwice) {
  auto create = NewRegistry("acme", "web");
  create.set_request_id(kId);
  ASSERT_THAT(
      Call(*registries_, &Registries::CreateRegistry, create, registry_),
      IsOk());
  const std::string first = registry_.SerializeAsString();
  ASSERT_THAT(
      Call(*registries_, &Registries::CreateRegistry, create, registry_),
      IsOk());
  EXPECT_EQ(registry_.SerializeAsString(), first);
  auto other = create;
  other.mutable_registry()->set_name("more");
  EXPECT_THAT(
      Call(*registries_, &Registries::CreateRegistry, other, registry_),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kRequestIdReused));
  other.set_request_id("1");
  EXPECT_THAT(
      Call(*registries_, &Registries::CreateRegistry, other, registry_),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
  // Without an id the name is taken.
  create.clear_request_id();
  EXPECT_THAT(
      Call(*registries_, &Registries::CreateRegistry, create, registry_),
      StatusIs(absl::StatusCode::kAlreadyExists));
}

// Its secret cannot be had otherwise.
TEST_F(GuardedCallsTest, ALostSecretCanBeHadAgain) {
  const auto tokens = v1::AccessTokenService::NewStub(channel_);
  using Tokens = v1::AccessTokenService::Stub;
  v1::CreateAccessTokenRequest create;
  create.mutable_access_token()->set_name("ci");
  create.mutable_access_token()->set_group("acme");
  create.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_READ);
  create.set_request_id(kId);
  v1::CreateAccessTokenResponse first;
  ASSERT_THAT(Call(*tokens, &Tokens::CreateAccessToken, create, first), IsOk());
  v1::CreateAccessTokenResponse second;
  ASSERT_THAT(Call(*tokens, &Tokens::CreateAccessToken, create, second),
              IsOk());
  EXPECT_FALSE(first.secret().empty());
  EXPECT_EQ(second.secret(), first.secret());
}

TEST_F(GuardedCallsTest, EventsSayWhoDidWhatToWhat) {
  auto create = NewRegistry("acme", "web");
  create.set_request_id(kId);
  ASSERT_THAT(
      Call(*registries_, &Registries::CreateRegistry, create, registry_),
      IsOk());
  // Changes nothing, so it is no event.
  ASSERT_THAT(
      Call(*registries_, &Registries::CreateRegistry, create, registry_),
      IsOk());
  v1::DeleteRegistryRequest remove;
  *remove.mutable_key() = Key("acme", "web");
  remove.set_etag("stale");
  google::protobuf::Empty nothing;
  EXPECT_FALSE(
      Call(*registries_, &Registries::DeleteRegistry, remove, nothing).ok());

  using Audit = v1::AuditService::Stub;
  const auto audit = v1::AuditService::NewStub(channel_);
  v1::ListAuditEventsRequest list;
  list.set_group("acme");
  list.set_filter(R"(resource.type = "registry")");
  v1::ListAuditEventsResponse events;
  ASSERT_THAT(Call(*audit, &Audit::ListAuditEvents, list, events), IsOk());
  ASSERT_EQ(events.audit_events_size(), 2) << events.DebugString();
  const auto& removed = events.audit_events(0);
  EXPECT_EQ(removed.method(), "RegistryService.DeleteRegistry");
  EXPECT_EQ(removed.resource().id(), registry_.id());
  EXPECT_EQ(removed.resource().name(), "web");
  EXPECT_EQ(removed.result_code(), google::rpc::ABORTED);
  EXPECT_EQ(removed.result_reason(), "ETAG_MISMATCH");
  const auto& made = events.audit_events(1);
  EXPECT_EQ(made.actor().token_name(), "admin");
  EXPECT_GT(made.actor().token_id(), 0);
  EXPECT_EQ(made.resource().type(), "registry");
  EXPECT_EQ(made.resource().id(), registry_.id());
  EXPECT_EQ(made.resource().name(), "web");
  EXPECT_EQ(made.resource().group(), "acme");
  EXPECT_EQ(made.result_code(), 0);
  EXPECT_EQ(made.request_id(), kId);
  EXPECT_EQ(made.request()
                .fields()
                .at("registry")
                .struct_value()
                .fields()
                .at("name")
                .string_value(),
            "web");

  v1::GetAuditEventRequest get;
  get.set_id(made.id());
  v1::AuditEvent event;
  ASSERT_THAT(Call(*audit, &Audit::GetAuditEvent, get, event), IsOk());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(event, made))
      << event.ShortDebugString();
  get.set_id(4711);
  EXPECT_THAT(Call(*audit, &Audit::GetAuditEvent, get, event),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(GuardedCallsTest, EventsCanBeFollowed) {
  const auto audit = v1::AuditService::NewStub(channel_);
  grpc::ClientContext context;
  v1::WatchAuditEventsRequest watch;
  watch.set_after_id(0);
  const auto reader = audit->WatchAuditEvents(&context, watch);
  ASSERT_THAT(Call(*registries_, &Registries::CreateRegistry,
                   NewRegistry("acme", "web"), registry_),
              IsOk());
  v1::WatchAuditEventsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.audit_events(0).method(),
            "RegistryService.CreateRegistry");
  context.TryCancel();
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(GuardedCallsTest, ResourcesCanBeFollowed) {
  const auto watches = v1::WatchService::NewStub(channel_);
  v1::GetRevisionResponse revision;
  ASSERT_THAT(Call(*watches, &v1::WatchService::Stub::GetRevision,
                   v1::GetRevisionRequest(), revision),
              IsOk());
  ASSERT_THAT(Call(*registries_, &Registries::CreateRegistry,
                   NewRegistry("acme", "web"), registry_),
              IsOk());
  grpc::ClientContext context;
  v1::WatchResourcesRequest watch;
  watch.set_group("-");
  watch.set_after_revision(revision.revision());
  const auto reader = watches->WatchResources(&context, watch);
  v1::WatchResourcesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.type(), v1::WatchResourcesResponse::TYPE_UPDATED);
  EXPECT_EQ(response.registry().SerializeAsString(),
            registry_.SerializeAsString());
  EXPECT_GT(response.revision(), revision.revision());
  context.TryCancel();
  reader->Finish();
}

TEST_F(GuardedCallsTest, TheServerTellsItsLimits) {
  UseToken("member", "acme", v1::AccessToken::SCOPE_READ);
  const auto servers = v1::ServerService::NewStub(channel_);
  v1::GetServerInfoResponse info;
  ASSERT_THAT(Call(*servers, &v1::ServerService::Stub::GetServerInfo,
                   v1::GetServerInfoRequest(), info),
              IsOk());
  EXPECT_FALSE(info.version().empty());
  EXPECT_EQ(info.api_versions(0), "cvr.v1");
  bool has_pages = false;
  std::string last;
  for (const auto& limit : info.limits()) {
    EXPECT_LT(last, limit.name());
    last = limit.name();
    EXPECT_GT(limit.value(), 0) << limit.name();
    EXPECT_FALSE(limit.description().empty()) << limit.name();
    if (limit.name() == "page_size") has_pages = limit.value() == 1000;
  }
  EXPECT_TRUE(has_pages);
}

}  // namespace
}  // namespace cvr::testing
