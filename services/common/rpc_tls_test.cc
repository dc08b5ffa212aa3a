// gRPC by TLS, over real sockets: who gets in, and as whom.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "protos/cvr/v1/auth_service.grpc.pb.h"
#include "services/common/rpc_security.h"
#include "services/common/rpc_server.h"
#include "services/common/service_peer.h"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestAuthority;

TEST(ServicePeerTest, ByTlsACertificateIsNeeded) {
  struct Case {
    const char* transport;
    bool has_certificate;
    bool is_service;
  };
  for (const Case& c : std::vector<Case>{
           {"", false, true},          // In process.
           {"insecure", false, true},  // A Unix socket, loopback, or insisted.
           {"ssl", false, false},
           {"ssl", true, true},
           {"tls", false, false},
           {"anything", false, false},
       }) {
    EXPECT_EQ(IsServicePeer(c.transport, c.has_certificate), c.is_service)
        << c.transport << c.has_certificate;
  }
}

// A method for everybody, and one for services of ours.
class TestService final : public v1::AuthService::Service {
 public:
  grpc::Status GetTrust(grpc::ServerContext*, const v1::GetTrustRequest*,
                        v1::Trust*) override {
    return grpc::Status::OK;
  }
  grpc::Status Authenticate(grpc::ServerContext* context,
                            const v1::AuthenticateRequest*,
                            v1::Caller*) override {
    return ForServicePeer(*context, [] { return grpc::Status::OK; });
  }
};

grpc::StatusCode CallOpen(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  v1::Trust response;
  return v1::AuthService::NewStub(channel)
      ->GetTrust(&context, {}, &response)
      .error_code();
}

grpc::StatusCode CallService(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  v1::Caller response;
  return v1::AuthService::NewStub(channel)
      ->Authenticate(&context, {}, &response)
      .error_code();
}

class RpcTlsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return directory_.Join(name);
  }

  // Files of a process with a certificate of `authority`, if any, that trusts
  // ours.
  RpcSecurity Security(const std::string& name,
                       const TestAuthority* authority) const {
    RpcSecurity security;
    security.tls = true;
    security.authority_file = authority_file_;
    if (authority != nullptr) {
      const auto paths = testing::WriteCertificate(authority->Issue(),
                                                   directory_.path(), name);
      security.certificate = {paths.certificate, paths.key};
    }
    return security;
  }

  void Serve(const RpcSecurity& security) {
    auto server = RpcServer::Start("127.0.0.1:0", {&service_}, security);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }

  // On a connection of its own, since channels with the same credentials share
  // theirs.
  std::shared_ptr<grpc::Channel> Connect(const RpcSecurity& security) {
    return *OpenRpcChannel(server_->address(), security);
  }

  const testing::ScratchDirectory directory_;
  const TestAuthority authority_;
  const std::string authority_file_ =
      testing::WritePem(authority_.certificate_pem(), Path("ca"));
  const TestAuthority other_;
  TestService service_;
  std::unique_ptr<RpcServer> server_;
};

TEST_F(RpcTlsTest, OnlyOurCertificateMakesAService) {
  Serve(Security("server", &authority_));
  const auto service = Connect(Security("ours", &authority_));
  EXPECT_EQ(CallOpen(service), grpc::StatusCode::OK);
  EXPECT_EQ(CallService(service), grpc::StatusCode::OK);

  const auto anybody = Connect(Security("", nullptr));
  EXPECT_EQ(CallOpen(anybody), grpc::StatusCode::OK);
  EXPECT_EQ(CallService(anybody), grpc::StatusCode::PERMISSION_DENIED);

  const auto stranger = Connect(Security("strange", &other_));
  EXPECT_EQ(CallOpen(stranger), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CallService(stranger), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcTlsTest, WithoutAnAuthorityNobodyIsAService) {
  RpcSecurity security = Security("server", &authority_);
  security.authority_file.clear();
  Serve(security);
  const auto channel = Connect(Security("ours", &authority_));
  EXPECT_EQ(CallOpen(channel), grpc::StatusCode::OK);
  EXPECT_EQ(CallService(channel), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(RpcTlsTest, PlainTextDoesNotGetThroughAndAStrangeServerIsNotBelieved) {
  Serve(Security("server", &authority_));
  EXPECT_EQ(CallOpen(MakeRpcChannel(server_->address())),
            grpc::StatusCode::UNAVAILABLE);
  Serve(Security("server", &other_));
  EXPECT_EQ(CallOpen(Connect(Security("", nullptr))),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcTlsTest, LoopbackAndUnixSocketsWithoutTlsAreServices) {
  Serve({});
  EXPECT_EQ(CallService(MakeRpcChannel(server_->address())),
            grpc::StatusCode::OK);
  const std::string address = absl::StrCat("unix:", Path("s"));
  // Plain even when TLS is wanted elsewhere.
  const auto server =
      RpcServer::Start(address, {&service_}, Security("server", &authority_));
  ASSERT_THAT(server, IsOk());
  const auto channel = OpenRpcChannel(address, Security("ours", &authority_));
  ASSERT_THAT(channel, IsOk());
  EXPECT_EQ(CallService(*channel), grpc::StatusCode::OK);
}

TEST_F(RpcTlsTest, OtherMachinesNeedTlsOrInsistence) {
  EXPECT_THAT(RpcServer::Start("0.0.0.0:0", {}, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(OpenRpcChannel("192.0.2.1:1", {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(RpcServer::Start("0.0.0.0:0", {}, {.insecure_plaintext = true}),
              IsOk());
  EXPECT_THAT(OpenRpcChannel("192.0.2.1:1", {.insecure_plaintext = true}),
              IsOk());
  EXPECT_THAT(
      RpcServer::Start("0.0.0.0:0", {}, Security("server", &authority_)),
      IsOk());
  EXPECT_THAT(OpenRpcChannel("192.0.2.1:1", Security("ours", &authority_)),
              IsOk());
}

TEST_F(RpcTlsTest, BadFilesAreToldAtOnce) {
  RpcSecurity security = Security("server", &authority_);
  security.certificate.key = testing::WritePem("nonsense", Path("bad"));
  EXPECT_THAT(RpcServer::Start("127.0.0.1:0", {}, security),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OpenRpcChannel("127.0.0.1:1", security),
              StatusIs(absl::StatusCode::kInvalidArgument));
  security = Security("server", &authority_);
  security.authority_file = Path("none");
  EXPECT_THAT(RpcServer::Start("127.0.0.1:0", {}, security),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OpenRpcChannel("127.0.0.1:1", security),
              StatusIs(absl::StatusCode::kInvalidArgument));
  security = Security("", nullptr);
  EXPECT_THAT(RpcServer::Start("127.0.0.1:0", {}, security),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RpcTlsTest, AServerReadsItsFilesAgainAndKeepsTheLastGoodOnes) {
  const RpcSecurity security = Security("server", &authority_);
  Serve(security);
  const auto client = [&] {
    // Each has files, and so a connection, of its own.
    static int count = 0;
    return Connect(Security(absl::StrCat("client", ++count), &authority_));
  };
  const auto running = client();
  EXPECT_EQ(CallService(running), grpc::StatusCode::OK);

  testing::WritePem("nonsense", security.certificate.certificate);
  EXPECT_EQ(CallService(client()), grpc::StatusCode::OK);

  testing::WriteCertificate(other_.Issue(), directory_.path(), "server");
  EXPECT_EQ(CallService(client()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CallService(running), grpc::StatusCode::OK);

  testing::WriteCertificate(authority_.Issue(), directory_.path(), "server");
  EXPECT_EQ(CallService(client()), grpc::StatusCode::OK);
}

TEST_F(RpcTlsTest, AClientReadsItsFilesAgain) {
  Serve(Security("server", &authority_));
  const auto channel = Connect(Security("client", &other_));
  EXPECT_EQ(CallOpen(channel), grpc::StatusCode::UNAVAILABLE);
  testing::WriteCertificate(authority_.Issue(), directory_.path(), "client");
  while (CallService(channel) != grpc::StatusCode::OK) {
    absl::SleepFor(absl::Milliseconds(50));
  }
}

// What a client lacks must never be made up for by plain text.
TEST_F(RpcTlsTest, AClientWithBadFilesMakesNoConnection) {
  const RpcSecurity server = Security("server", &authority_);
  Serve(server);
  const std::string address = server_->address();
  const RpcSecurity client = Security("client", &authority_);
  const auto channel = Connect(client);
  EXPECT_EQ(CallService(channel), grpc::StatusCode::OK);
  testing::WritePem("nonsense", client.certificate.certificate);
  // Until it has noticed: connections that exist go on.
  while (CallService(channel) == grpc::StatusCode::OK) {
    server_.reset();
    server_ = *RpcServer::Start(address, {&service_}, server);
    absl::SleepFor(absl::Milliseconds(50));
  }
  server_.reset();
  server_ = *RpcServer::Start(address, {&service_}, {});
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(3)));
  v1::Trust response;
  EXPECT_EQ(v1::AuthService::NewStub(channel)
                ->GetTrust(&context, {}, &response)
                .error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  server_.reset();
  server_ = *RpcServer::Start(address, {&service_}, server);
  testing::WriteCertificate(authority_.Issue(), directory_.path(), "client");
  while (CallService(channel) != grpc::StatusCode::OK) {
    absl::SleepFor(absl::Milliseconds(50));
  }
}

}  // namespace
}  // namespace cvr
