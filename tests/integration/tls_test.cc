// Everything by TLS: three processes that know each other by certificates, a
// gateway that speaks HTTPS, and cvr; and what the processes refuse to serve.
#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cvr/internal/v1/blob_service.grpc.pb.h"
#include "cvr/internal/v1/cache_record_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/rpc/rpc_server.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kGateway[] = "gateway/cvr-gateway";
constexpr char kMetadata[] = "services/metadata/cvr-metadata";
constexpr char kBlob[] = "services/blob/cvr-blob";
constexpr char kStandalone[] = "services/standalone/cvr-standalone";

class TlsTest : public ::testing::Test {
 protected:
  std::string WriteCa(const std::string& name, const TestAuthority& authority) {
    return WritePem(authority.certificate_pem(), directory_.Join(name));
  }

  // What a process with a certificate of its own for gRPC is told.
  std::vector<std::string> RpcFlags(const std::string& name) {
    const auto paths =
        WriteCertificate(services_.Issue(name), directory_.path(), name);
    return {"--rpc_certificate_file=" + paths.certificate,
            "--rpc_key_file=" + paths.key, "--rpc_ca_file=" + rpc_ca_};
  }

  std::unique_ptr<ServerProcess> Start(const std::string& binary,
                                       std::vector<std::string> flags) {
    const std::string name = std::filesystem::path(binary).filename();
    const std::string directory = directory_.Join(name + "-run");
    std::filesystem::create_directory(directory);
    for (const std::string& flag : RpcFlags(name)) flags.push_back(flag);
    auto process = ServerProcess::Start({binary, std::move(flags), directory});
    EXPECT_THAT(process, IsOk());
    return process.ok() ? *std::move(process) : nullptr;
  }

  void StartAll() {
    metadata_ = Start(kMetadata, {"--grpc_address=127.0.0.1:0",
                                  "--data_dir=" + directory_.Join("metadata")});
    ASSERT_NE(metadata_, nullptr);
    blob_ = Start(kBlob, {"--grpc_address=127.0.0.1:0",
                          "--metadata_address=" + metadata_->grpc(),
                          "--data_dir=" + directory_.Join("blobs"),
                          "--allow_private_upstreams"});
    ASSERT_NE(blob_, nullptr);
    https_ = WriteCertificate(clients_.Issue(), directory_.path(), "https");
    gateway_ = Start(kGateway, {"--http_address=127.0.0.1:0",
                                "--metadata_address=" + metadata_->grpc(),
                                "--blob_address=" + blob_->grpc(),
                                "--tls_certificate_file=" + https_.certificate,
                                "--tls_key_file=" + https_.key});
    ASSERT_NE(gateway_, nullptr);
  }

  // Runs cvr as the administrator; what it prints.
  std::string Cvr(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tools/cvr/cvr");
    for (const std::string& option :
         {"--server=" + metadata_->grpc(), "--tls_ca_file=" + rpc_ca_,
          "--token-file=" + directory_.Join("metadata/admin-token")}) {
      arguments.push_back(option);
    }
    return Run(arguments, 0);
  }

  // Runs a program to its end; what it prints.
  std::string Run(const std::vector<std::string>& arguments, int want) {
    ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.status, want) << arguments[0] << ": " << result.output;
    return std::move(result.output);
  }

  HttpResponse Get(const std::string& path, const std::string& ca_file) {
    return HttpGet(gateway_->http(), path, {}, ca_file);
  }

  // A channel of somebody with a certificate of `authority`, or none.
  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& address,
                                           const TestAuthority* authority,
                                           const std::string& name = "") {
    RpcSecurity security;
    security.tls = true;
    security.authority_file = rpc_ca_;
    if (authority != nullptr) {
      const auto paths =
          WriteCertificate(authority->Issue(name), directory_.path(),
                           absl::StrCat("somebody", ++somebody_));
      security.certificate = {paths.certificate, paths.key};
    }
    return *OpenRpcChannel(address, security);
  }

  const ScratchDirectory directory_;
  const TestAuthority services_;
  const TestAuthority clients_;
  const TestAuthority other_;
  const std::string rpc_ca_ = WriteCa("rpc-ca", services_);
  const std::string https_ca_ = WriteCa("https-ca", clients_);
  const std::string other_ca_ = WriteCa("other-ca", other_);
  CertificatePaths https_;
  std::unique_ptr<ServerProcess> metadata_;
  std::unique_ptr<ServerProcess> blob_;
  std::unique_ptr<ServerProcess> gateway_;
  int somebody_ = 0;
};

grpc::StatusCode GetAccess(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  internal::v1::GetUpstreamAccessRequest request;
  request.set_upstream_id(1);
  internal::v1::GetUpstreamAccessResponse response;
  return internal::v1::CacheRecordService::NewStub(channel)
      ->GetUpstreamAccess(&context, request, &response)
      .error_code();
}

grpc::StatusCode ReadBlob(const std::shared_ptr<grpc::Channel>& channel,
                          const Digest& digest) {
  grpc::ClientContext context;
  internal::v1::ReadRequest request;
  request.set_digest(digest.ToString());
  internal::v1::ReadResponse response;
  const auto reader =
      internal::v1::BlobService::NewStub(channel)->Read(&context, request);
  while (reader->Read(&response)) continue;
  return reader->Finish().error_code();
}

grpc::StatusCode StatBlob(const std::shared_ptr<grpc::Channel>& channel,
                          const Digest& digest) {
  grpc::ClientContext context;
  internal::v1::StatBlobRequest request;
  request.set_digest(digest.ToString());
  internal::v1::StatBlobResponse response;
  return internal::v1::BlobService::NewStub(channel)
      ->StatBlob(&context, request, &response)
      .error_code();
}

TEST_F(TlsTest, PullsThroughThreeProcesses) {
  FakeRegistry upstream;
  const Image image = AddImage(upstream, "team/app", "1", {300'000, 20});
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Cvr({"registry", "create", "r", "--anonymous-pull"});
  Cvr({"upstream", "create", "u", "--url", upstream.url(), "--registry", "1"});

  const auto manifest = Get(System::Target("team/app/manifests/1"), https_ca_);
  EXPECT_EQ(manifest.status, 200) << manifest.error << manifest.body;
  EXPECT_EQ(manifest.body, image.manifest);
  for (const std::string& bytes : image.blobs) {
    const Digest digest = Digest::OfBytes(bytes);
    const std::string target =
        System::Target("team/app/blobs/" + digest.ToString());
    EXPECT_EQ(Get(target, https_ca_).body, bytes);
  }
  EXPECT_NE(Get("/v2/", other_ca_).error, "");
  const auto login = Get("/v2/", https_ca_);
  EXPECT_EQ(login.status, 401);
  EXPECT_THAT(login.header("www-authenticate"),
              StartsWith("Bearer realm=\"https://" + gateway_->http()));

  // What is for services is for nobody else.
  const Digest layer = image.BlobDigests()[1];
  EXPECT_EQ(GetAccess(ChannelAs(metadata_->grpc(), &services_, "cvr-blob")),
            grpc::StatusCode::OK);
  for (const char* const name : {"cvr-gateway", "cvr-metadata", "localhost"}) {
    EXPECT_EQ(GetAccess(ChannelAs(metadata_->grpc(), &services_, name)),
              grpc::StatusCode::PERMISSION_DENIED)
        << name;
  }
  EXPECT_EQ(GetAccess(ChannelAs(metadata_->grpc(), nullptr)),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(GetAccess(ChannelAs(metadata_->grpc(), &other_, "cvr-blob")),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(
      ReadBlob(ChannelAs(blob_->grpc(), &services_, "cvr-gateway"), layer),
      grpc::StatusCode::OK);
  const auto nobody = ChannelAs(blob_->grpc(), nullptr);
  EXPECT_EQ(ReadBlob(nobody, layer), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(StatBlob(nobody, layer), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReadBlob(ChannelAs(blob_->grpc(), &other_, "cvr-gateway"), layer),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, SighupReplacesTheCertificateOfTheGateway) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  EXPECT_EQ(Get("/healthz", https_ca_).status, 200);
  EXPECT_EQ(Get("/healthz", other_ca_).status, 0);

  WritePem("nonsense", https_.certificate);
  gateway_->process().Signal(SIGHUP);
  ASSERT_TRUE(Eventually(
      [&] {
        return gateway_->Log().find("TLS certificate not reloaded") !=
               std::string::npos;
      },
      "the gateway says that it keeps the old certificate"));
  EXPECT_EQ(Get("/healthz", https_ca_).status, 200);

  WriteCertificate(other_.Issue(), directory_.path(), "https");
  gateway_->process().Signal(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return Get("/healthz", other_ca_).status != 0; },
                         "the gateway has the new certificate"));
  EXPECT_EQ(Get("/healthz", https_ca_).status, 0);
  EXPECT_NE(gateway_->Log().find("expires in less than a day"),
            std::string::npos);
  gateway_->process().Signal(SIGTERM);
  EXPECT_EQ(gateway_->process().Wait(), 0);
  // It ends nobody, and says how long certificates last: these for an hour.
  for (ServerProcess* const server : {metadata_.get(), blob_.get()}) {
    const auto warnings = [&] {
      return std::vector<std::string>(
                 absl::StrSplit(server->Log(), "expires in less than a day"))
                 .size() -
             1;
    };
    const size_t before = warnings();
    EXPECT_GE(before, 1) << "at the start";
    server->process().Signal(SIGHUP);
    ASSERT_TRUE(Eventually([&] { return warnings() >= 2 * before; },
                           "the certificates are read again"));
    EXPECT_NE(server->Log().find("SIGHUP"), std::string::npos);
    EXPECT_TRUE(server->process().running());
    server->process().Signal(SIGTERM);
    EXPECT_EQ(server->process().Wait(), 0);
  }
}

// One line that says what is wrong, and status 1.
TEST_F(TlsTest, ProcessesRefuseToStart) {
  const auto rpc = RpcFlags("x");
  const auto https =
      WriteCertificate(clients_.Issue(), directory_.path(), "https");
  const std::string data = "--data_dir=" + directory_.Join("refused");
  const std::string certificate = "--tls_certificate_file=" + https.certificate;
  // On Unix sockets the processes need no secrets.
  const std::string metadata = "--metadata_address=unix:/none";
  const std::string blob = "--blob_address=unix:/none";
  struct Case {
    std::string binary;
    std::vector<std::string> flags;
    std::string error;
  };
  for (const Case& c : std::vector<Case>{
           {kGateway,
            {metadata, blob, "--http_address=0.0.0.0:0"},
            "--insecure_plaintext"},
           {kGateway,
            {metadata, blob, "--http_address=:0"},
            "set --tls_certificate_file"},
           {kGateway, {metadata, blob, certificate}, "must be set together"},
           {kGateway,
            {metadata, blob, certificate, "--tls_key_file=/none"},
            "key file /none: No such file"},
           {kGateway,
            {metadata, blob, certificate,
             "--tls_key_file=" + directory_.Join("x.key")},
            "the private key does not match the certificate"},
           {kGateway,
            {metadata, "--blob_address=192.0.2.1:1"},
            "--rpc_ca_file"},
           {kGateway, {rpc[0], rpc[1]}, "requires --rpc_ca_file"},
           {kGateway, {"--peer_secrets_dir="}, "--peer_secrets_dir must name"},
           {kBlob, {data}, "--peer_secrets_dir must name"},
           {kMetadata, {data, "--grpc_address=[::]:0"}, "--rpc_ca_file"},
           {kMetadata, {data, rpc[0]}, "must be set together"},
           {kMetadata, {data, rpc[2]}, "requires --rpc_certificate_file"},
           {kBlob, {data, rpc[0], rpc[1]}, "requires --rpc_ca_file"},
           {kBlob,
            {data, rpc[0], rpc[1], "--rpc_ca_file=/none"},
            "CA file /none: No such file"},
           {kStandalone,
            {data, "--grpc_address=127.0.0.1:0", "--http_address=[::]:0"},
            "--insecure_plaintext"},
       }) {
    std::vector<std::string> arguments = {c.binary};
    // The last one counts.
    if (c.binary == kGateway) {
      arguments.push_back("--peer_secrets_dir=" + directory_.path());
    }
    arguments.insert(arguments.end(), c.flags.begin(), c.flags.end());
    const std::string output = Run(arguments, 1);
    const std::string last =
        output.substr(output.rfind('\n', output.size() - 2) + 1);
    EXPECT_THAT(last, HasSubstr(c.error));
    EXPECT_THAT(last, StartsWith(std::filesystem::path(c.binary).filename()));
  }
}

TEST_F(TlsTest, PlainTextIsServedWhenInsistedWithAWarning) {
  const auto process = ServerProcess::Start(
      {kStandalone,
       {"--data_dir=" + directory_.Join("insisted"), "--insecure_plaintext",
        "--http_address=0.0.0.0:0", "--grpc_address=0.0.0.0:0"},
       directory_.path()});
  ASSERT_THAT(process, IsOk());
  EXPECT_THAT((*process)->Log(), HasSubstr("warning cvr-standalone no TLS on "
                                           "0.0.0.0:0: passwords and tokens"));
  const std::string port =
      (*process)->http().substr((*process)->http().rfind(':'));
  EXPECT_EQ(HttpGet("127.0.0.1" + port, "/healthz").status, 200);
}

}  // namespace
}  // namespace cvr::testing
