#include "services/metadata/forwarding/forwarding_services.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/clock.h"
#include "services/rpc/credentials/call_gate.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/child_process.h"
#include "tests/support/open_authority.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

std::string FieldOf(const grpc::ServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

// A blob service with `count` fetches, from 1.
class Instance final : public v1::FetchService::Service {
 public:
  Instance(std::string name, int count,
           const std::string& address = "127.0.0.1:0")
      : name_(std::move(name)), count_(count) {
    server_ = *RpcServer::Start(address, {this, &refresh_});
  }

  BlobInstance blob() const { return {name_, server_->InProcessChannel()}; }

  grpc::Status ListFetches(grpc::ServerContext* context,
                           const v1::ListFetchesRequest* request,
                           v1::ListFetchesResponse* response) override {
    token_ = FieldOf(*context, "authorization");
    client_ = FieldOf(*context, kClientField);
    int next = 1;
    if (!request->page_token().empty()) {
      EXPECT_TRUE(absl::SimpleAtoi(request->page_token(), &next));
    }
    for (; next <= count_; ++next) {
      if (response->fetches_size() == request->page_size()) {
        response->set_next_page_token(absl::StrCat(next));
        break;
      }
      *response->add_fetches() = Fetch(next);
    }
    return grpc::Status::OK;
  }

  grpc::Status WatchFetches(
      grpc::ServerContext* context, const v1::WatchFetchesRequest*,
      grpc::ServerWriter<v1::WatchFetchesResponse>* writer) override {
    v1::WatchFetchesResponse response;
    for (int i = 1; i <= count_; ++i) *response.add_fetches() = Fetch(i);
    writer->Write(response);
    ChangeSignal never;
    never.Await(0, SteadyDeadline(absl::InfiniteDuration()),
                [&] { return context->IsCancelled(); });
    return grpc::Status::OK;
  }

  grpc::Status CancelFetch(grpc::ServerContext*,
                           const v1::CancelFetchRequest* request,
                           v1::CancelFetchResponse*) override {
    const bool is_ours =
        request->instance().empty() || request->instance() == name_;
    return is_ours && request->id() <= count_
               ? grpc::Status::OK
               : ToRpcStatus(errors::NoSuch("fetch", "1"));
  }

  grpc::Status GetStorageStats(grpc::ServerContext*,
                               const v1::GetStorageStatsRequest*,
                               v1::GetStorageStatsResponse* response) override {
    response->add_instances()->set_instance(name_);
    return grpc::Status::OK;
  }

  const std::string& token() const { return token_; }
  const std::string& client() const { return client_; }

 private:
  class Refresh final : public v1::RefreshService::Service {
   public:
    grpc::Status RefreshTag(grpc::ServerContext*,
                            const v1::RefreshTagRequest* request,
                            v1::RefreshTagResponse* response) override {
      response->set_digest(request->tag());
      return grpc::Status::OK;
    }
  };

  v1::Fetch Fetch(int id) const {
    v1::Fetch fetch;
    fetch.set_id(id);
    fetch.set_instance(name_);
    fetch.set_state(v1::Fetch::STATE_RUNNING);
    return fetch;
  }

  const std::string name_;
  const int count_;
  std::string token_;
  std::string client_;
  Refresh refresh_;
  std::unique_ptr<RpcServer> server_;
};

class ForwardingTest : public ::testing::Test {
 protected:
  void Serve(const std::vector<BlobInstance>& instances) {
    fetches_ = std::make_unique<FetchForwarder>(instances, guard_);
    refreshes_ = std::make_unique<RefreshForwarder>(instances, guard_);
    server_ =
        *RpcServer::Start("127.0.0.1:0", {fetches_.get(), refreshes_.get()});
    stub_ = v1::FetchService::NewStub(server_->InProcessChannel());
  }

  template <typename Method, typename Request, typename Response>
  absl::Status Call(Method method, const Request& request, Response& response) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer cvr_of_the_caller");
    return FromRpcStatus((stub_.get()->*method)(&context, request, &response));
  }

  using Stub = v1::FetchService::Stub;

  OpenAuthority authority_;
  CallGuard guard_{authority_};
  std::unique_ptr<FetchForwarder> fetches_;
  std::unique_ptr<RefreshForwarder> refreshes_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(ForwardingTest, PagesGoOverAllInstances) {
  Instance a("a", 3);
  Instance b("b", 0);
  Instance c("c", 2);
  Serve({a.blob(), b.blob(), c.blob()});
  v1::ListFetchesRequest request;
  request.set_page_size(2);
  std::vector<std::string> seen;
  int pages = 0;
  do {
    v1::ListFetchesResponse page;
    ASSERT_THAT(Call(&Stub::ListFetches, request, page), IsOk());
    EXPECT_LE(page.fetches_size(), 2);
    for (const auto& fetch : page.fetches()) {
      seen.push_back(absl::StrCat(fetch.instance(), fetch.id()));
    }
    request.set_page_token(page.next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"a1", "a2", "a3", "c1", "c2"}));
  // Whom it is for.
  EXPECT_EQ(a.token(), "Bearer cvr_of_the_caller");
  EXPECT_FALSE(a.client().empty());
  request.set_page_token("x");
  v1::ListFetchesResponse page;
  EXPECT_THAT(Call(&Stub::ListFetches, request, page),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ForwardingTest, StoresOfAllInstancesAreTold) {
  Instance a("a", 0);
  Instance b("b", 0);
  Serve({a.blob(), b.blob()});
  v1::GetStorageStatsResponse stats;
  ASSERT_THAT(Call(&Stub::GetStorageStats, v1::GetStorageStatsRequest(), stats),
              IsOk());
  ASSERT_EQ(stats.instances_size(), 2);
  EXPECT_EQ(stats.instances(1).instance(), "b");
}

TEST_F(ForwardingTest, AFetchIsCancelledWhereItIs) {
  Instance a("a", 0);
  Instance b("b", 1);
  Serve({a.blob(), b.blob()});
  v1::CancelFetchRequest request;
  request.set_id(1);
  request.set_upstream_id(1);
  v1::CancelFetchResponse response;
  const absl::Status ambiguous = Call(&Stub::CancelFetch, request, response);
  ASSERT_THAT(ambiguous, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(FieldViolationsOf(ambiguous)[0].field, "instance");
  request.set_instance("b");
  EXPECT_THAT(Call(&Stub::CancelFetch, request, response), IsOk());
  request.set_instance("a");
  EXPECT_THAT(Call(&Stub::CancelFetch, request, response),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ForwardingTest, AWatchTellsOfAllInstances) {
  Instance a("a", 2);
  Instance b("b", 1);
  Serve({a.blob(), b.blob()});
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer cvr_of_the_caller");
  v1::WatchFetchesRequest request;
  request.mutable_interval()->set_nanos(100'000'000);
  const auto reader = stub_->WatchFetches(&context, request);
  for (int i = 0; i < 2; ++i) {
    v1::WatchFetchesResponse response;
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.fetches_size(), 3);
  }
  context.TryCancel();
  v1::WatchFetchesResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ForwardingTest, AnyInstanceRefreshes) {
  Instance a("a", 0);
  Serve({a.blob()});
  const auto stub = v1::RefreshService::NewStub(server_->InProcessChannel());
  grpc::ClientContext context;
  v1::RefreshTagRequest request;
  request.set_registry_id(1);
  request.set_repository("library/alpine");
  request.set_tag("3.20");
  v1::RefreshTagResponse response;
  ASSERT_TRUE(stub->RefreshTag(&context, request, &response).ok());
  EXPECT_EQ(response.digest(), "3.20");
  // The blob service records it.
  EXPECT_TRUE(authority_.events().empty());
}

TEST_F(ForwardingTest, KeysAreResolvedOnTheWay) {
  authority_.Name("acme", "hub", 7);
  Instance a("a", 1);
  Serve({a.blob()});
  v1::CancelFetchRequest request;
  request.set_id(1);
  request.mutable_upstream_key()->set_group("acme");
  request.mutable_upstream_key()->set_name("hub");
  v1::CancelFetchResponse response;
  EXPECT_THAT(Call(&Stub::CancelFetch, request, response), IsOk());
}

// Who starts a system calls it at once; the channel of the metadata service
// has found nobody till then and tries again later.
TEST_F(ForwardingTest, ABlobServiceThatHasJustStartedIsReached) {
  ScratchDirectory directory;
  const std::string address = "unix:" + directory.Join("b");
  const auto channel = MakeRpcChannel(address);
  ASSERT_TRUE(Eventually(
      [&] {
        return channel->GetState(/*try_to_connect=*/true) ==
               GRPC_CHANNEL_TRANSIENT_FAILURE;
      },
      "the channel has found nobody"));
  Serve({{"b", channel}});
  Instance b("b", 1, address);
  v1::ListFetchesResponse page;
  ASSERT_THAT(Call(&Stub::ListFetches, v1::ListFetchesRequest(), page), IsOk());
}

TEST_F(ForwardingTest, ABlobServiceThatIsNotThereIsNamed) {
  ScratchDirectory directory;
  Serve({{"b", MakeRpcChannel("unix:" + directory.Join("b"))}});
  v1::ListFetchesResponse page;
  const absl::Status status =
      Call(&Stub::ListFetches, v1::ListFetchesRequest(), page);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_NE(status.message().find("blob service b"), absl::string_view::npos);
}

TEST_F(ForwardingTest, WithoutInstancesItIsSaid) {
  Serve({});
  v1::ListFetchesResponse page;
  const absl::Status status =
      Call(&Stub::ListFetches, v1::ListFetchesRequest(), page);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_NE(status.message().find("--blob_addresses"), absl::string_view::npos);
}

}  // namespace
}  // namespace cvr::testing
