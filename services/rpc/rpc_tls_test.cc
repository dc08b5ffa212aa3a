// gRPC by TLS, over real sockets: who gets in, and as whom.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/internal/v1/auth_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/rpc/rpc_security.h"
#include "services/rpc/rpc_server.h"
#include "tests/support/child_process.h"
#include "tests/support/peer_security.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestAuthority;

// Who may call its methods: see method_rules.h.
class TestService final : public internal::v1::AuthService::Service {
 public:
  // For gateways.
  grpc::Status GetTrust(grpc::ServerContext*,
                        const internal::v1::GetTrustRequest*,
                        internal::v1::GetTrustResponse*) override {
    return grpc::Status::OK;
  }
  // For blob services.
  grpc::Status Authorize(grpc::ServerContext*,
                         const internal::v1::AuthorizeRequest*,
                         internal::v1::AuthorizeResponse*) override {
    return grpc::Status::OK;
  }
};

grpc::StatusCode CallAsGateway(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  internal::v1::GetTrustResponse response;
  return internal::v1::AuthService::NewStub(channel)
      ->GetTrust(&context, {}, &response)
      .error_code();
}

grpc::StatusCode CallAsBlob(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  internal::v1::AuthorizeResponse response;
  return internal::v1::AuthService::NewStub(channel)
      ->Authorize(&context, {}, &response)
      .error_code();
}

class RpcTlsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return directory_.Join(name);
  }

  // Files of a process with a certificate of `authority`, if any, that trusts
  // ours.
  RpcSecurity Security(const std::string& name, const TestAuthority* authority,
                       const std::string& subject = "cvr-gateway") const {
    RpcSecurity security;
    security.tls = true;
    security.authority_file = authority_file_;
    if (authority != nullptr) {
      const auto paths = testing::WriteCertificate(authority->Issue(subject),
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

constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;

TEST_F(RpcTlsTest, TheNameInOurCertificateMakesARole) {
  Serve(Security("server", &authority_));
  const auto gateway = Connect(Security("gateway", &authority_));
  EXPECT_EQ(CallAsGateway(gateway), grpc::StatusCode::OK);
  EXPECT_EQ(CallAsBlob(gateway), kDenied);

  const auto blob = Connect(Security("blob", &authority_, "CVR-Blob"));
  EXPECT_EQ(CallAsGateway(blob), kDenied);
  EXPECT_EQ(CallAsBlob(blob), grpc::StatusCode::OK);

  for (const char* const name : {"", "cvr", "xcvr-gateway", "*", "metadata"}) {
    const auto other = Connect(Security("other", &authority_, name));
    EXPECT_EQ(CallAsGateway(other), kDenied) << name;
    EXPECT_EQ(CallAsBlob(other), kDenied) << name;
  }
  const auto anybody = Connect(Security("", nullptr));
  EXPECT_EQ(CallAsGateway(anybody), kDenied);
  EXPECT_EQ(CallAsBlob(anybody), kDenied);

  const auto stranger = Connect(Security("strange", &other_));
  EXPECT_EQ(CallAsGateway(stranger), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcTlsTest, WithoutAnAuthorityNobodyIsAPeer) {
  RpcSecurity security = Security("server", &authority_);
  security.authority_file.clear();
  Serve(security);
  const auto channel = Connect(Security("ours", &authority_));
  EXPECT_EQ(CallAsGateway(channel), kDenied);
}

// A secret that leaks must not open what is on the network.
TEST_F(RpcTlsTest, BySecretNobodyIsAPeerWhereThereIsTls) {
  RpcSecurity server = Security("server", &authority_);
  server.peers.secrets = testing::PeerSecurity().peers.secrets;
  Serve(server);
  grpc::ClientContext context;
  context.AddMetadata(kPeerSecretField,
                      server.peers.secrets->Of(PeerRole::kGateway));
  internal::v1::GetTrustResponse response;
  EXPECT_EQ(internal::v1::AuthService::NewStub(Connect(Security("", nullptr)))
                ->GetTrust(&context, {}, &response)
                .error_code(),
            kDenied);
}

TEST_F(RpcTlsTest, PlainTextDoesNotGetThroughAndAStrangeServerIsNotBelieved) {
  Serve(Security("server", &authority_));
  EXPECT_EQ(CallAsGateway(MakeRpcChannel(server_->address())),
            grpc::StatusCode::UNAVAILABLE);
  Serve(Security("server", &other_));
  EXPECT_EQ(CallAsGateway(Connect(Security("", nullptr))),
            grpc::StatusCode::UNAVAILABLE);
}

// Also on loopback and on a Unix socket, and when plain text was insisted on.
TEST_F(RpcTlsTest, WithoutTlsASecretMakesARole) {
  RpcSecurity security = testing::PeerSecurity();
  // Unix sockets are plain even when TLS is wanted elsewhere.
  RpcSecurity with_tls = Security("server", &authority_);
  with_tls.peers = security.peers;
  const std::string socket = absl::StrCat("unix:", Path("s"));
  const auto tcp = *RpcServer::Start("127.0.0.1:0", {&service_}, security);
  const auto any = *RpcServer::Start("0.0.0.0:0", {&service_}, security);
  const auto local = *RpcServer::Start(socket, {&service_}, with_tls);
  for (const RpcServer* const server : {tcp.get(), any.get(), local.get()}) {
    const std::string& address = server->address();
    const auto as = [&](std::optional<PeerRole> role) {
      return *OpenRpcChannel(address, testing::PeerSecurity(role));
    };
    EXPECT_EQ(CallAsGateway(as(std::nullopt)), kDenied) << address;
    EXPECT_EQ(CallAsBlob(as(std::nullopt)), kDenied) << address;
    EXPECT_EQ(CallAsGateway(as(PeerRole::kGateway)), grpc::StatusCode::OK);
    EXPECT_EQ(CallAsBlob(as(PeerRole::kGateway)), kDenied) << address;
    EXPECT_EQ(CallAsGateway(as(PeerRole::kBlob)), kDenied) << address;
    EXPECT_EQ(CallAsBlob(as(PeerRole::kBlob)), grpc::StatusCode::OK);
    grpc::ClientContext context;
    context.AddMetadata(kPeerSecretField, MakePeerSecret());
    internal::v1::GetTrustResponse response;
    EXPECT_EQ(internal::v1::AuthService::NewStub(as(std::nullopt))
                  ->GetTrust(&context, {}, &response)
                  .error_code(),
              kDenied);
  }
}

TEST_F(RpcTlsTest, WithoutSecretsNobodyIsAPeer) {
  Serve({});
  EXPECT_EQ(CallAsGateway(MakeRpcChannel(server_->address())), kDenied);
  EXPECT_EQ(CallAsGateway(*OpenRpcChannel(
                server_->address(), testing::PeerSecurity(PeerRole::kGateway))),
            kDenied);
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
  EXPECT_EQ(CallAsGateway(running), grpc::StatusCode::OK);

  testing::WritePem("nonsense", security.certificate.certificate);
  EXPECT_EQ(CallAsGateway(client()), grpc::StatusCode::OK);

  testing::WriteCertificate(other_.Issue(), directory_.path(), "server");
  EXPECT_EQ(CallAsGateway(client()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CallAsGateway(running), grpc::StatusCode::OK);

  testing::WriteCertificate(authority_.Issue(), directory_.path(), "server");
  EXPECT_EQ(CallAsGateway(client()), grpc::StatusCode::OK);
}

TEST_F(RpcTlsTest, AClientReadsItsFilesAgain) {
  Serve(Security("server", &authority_));
  const auto channel = Connect(Security("client", &other_));
  EXPECT_EQ(CallAsGateway(channel), grpc::StatusCode::UNAVAILABLE);
  testing::WriteCertificate(authority_.Issue("cvr-gateway"), directory_.path(),
                            "client");
  EXPECT_TRUE(testing::Eventually(
      [&] { return CallAsGateway(channel) == grpc::StatusCode::OK; },
      "the client uses its new certificate"));
}

// What a client lacks must never be made up for by plain text.
TEST_F(RpcTlsTest, AClientWithBadFilesMakesNoConnection) {
  const RpcSecurity server = Security("server", &authority_);
  Serve(server);
  const std::string address = server_->address();
  const RpcSecurity client = Security("client", &authority_);
  const auto channel = Connect(client);
  EXPECT_EQ(CallAsGateway(channel), grpc::StatusCode::OK);
  testing::WritePem("nonsense", client.certificate.certificate);
  // Until it has noticed: connections that exist go on.
  EXPECT_TRUE(testing::Eventually(
      [&] {
        server_.reset();
        server_ = *RpcServer::Start(address, {&service_}, server);
        return CallAsGateway(channel) != grpc::StatusCode::OK;
      },
      "the client has no usable certificate"));
  server_.reset();
  server_ = *RpcServer::Start(address, {&service_}, {});
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(3)));
  internal::v1::GetTrustResponse response;
  EXPECT_EQ(internal::v1::AuthService::NewStub(channel)
                ->GetTrust(&context, {}, &response)
                .error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  server_.reset();
  server_ = *RpcServer::Start(address, {&service_}, server);
  testing::WriteCertificate(authority_.Issue("cvr-gateway"), directory_.path(),
                            "client");
  EXPECT_TRUE(testing::Eventually(
      [&] { return CallAsGateway(channel) == grpc::StatusCode::OK; },
      "the client uses its new certificate"));
}

}  // namespace
}  // namespace cvr
