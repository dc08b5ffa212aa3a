// Methods x identities: every method of every process, found by reflection, as
// everybody that can knock. A method that nobody has thought of is refused.
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"

namespace cvr::testing {
namespace {

using absl::StatusCode;

// How the processes reach each other.
enum class Way { kTls, kLoopback, kUnixSocket };

enum class Who { kNobody, kForeigner, kNameless, kGateway, kBlob };

constexpr Who kEverybody[] = {Who::kNobody, Who::kForeigner, Who::kNameless,
                              Who::kGateway, Who::kBlob};

std::string NameOfWho(Who who) {
  constexpr const char* kNames[] = {"nobody", "foreigner", "nameless",
                                    "gateway", "blob"};
  return kNames[static_cast<int>(who)];
}

// Every method that is for processes, and for which. It stands here once more,
// so that a wrong row of the real table is seen.
const std::map<std::string, std::set<Who>>& PeerMethods() {
  static const auto* const kMethods = new std::map<std::string, std::set<Who>>{
      {"cvr.internal.v1.ResolutionService/Resolve",
       {Who::kGateway, Who::kBlob}},
      {"cvr.internal.v1.ResolutionService/ListRepositories", {Who::kGateway}},
      {"cvr.internal.v1.ResolutionService/LocateRegistry", {Who::kGateway}},
      {"cvr.internal.v1.CacheRecordService/RecordCacheEntry", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/TouchCacheEntry", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/RecordNegativeAnswer", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/TakeRefreshDue", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/ForgetContent", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/CheckUpstreams", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/FilterUnreferenced", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/FindPossessing", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/ListGarbage", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/RemoveGarbage", {Who::kBlob}},
      {"cvr.internal.v1.CacheRecordService/GetUpstreamAccess", {Who::kBlob}},
      {"cvr.internal.v1.AuthService/Authenticate", {Who::kGateway}},
      {"cvr.internal.v1.AuthService/IssueToken", {Who::kGateway}},
      {"cvr.internal.v1.AuthService/GetTrust", {Who::kGateway}},
      {"cvr.internal.v1.AuthService/Authorize", {Who::kBlob}},
      {"cvr.internal.v1.AuthService/RecordAuditEvent", {Who::kBlob}},
      {"cvr.internal.v1.BlobService/Read", {Who::kGateway}},
      {"cvr.internal.v1.BlobService/Fetch", {Who::kGateway}},
      {"cvr.internal.v1.BlobService/StatBlob", {}},
      {"cvr.internal.v1.BlobService/DeleteBlob", {}},
  };
  return *kMethods;
}

std::string LineOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_NE(line, "") << path;
  return line;
}

using Fields = ReflectionClient::Fields;

class PeersTest : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    metadata_ = Start("services/metadata/cvr-metadata", "cvr-metadata",
                      {"--data_dir=" + directory_.Join("metadata")});
    ASSERT_NE(metadata_, nullptr);
    const std::string at = "--metadata_address=" + metadata_->grpc();
    blob_ = Start("services/blob/cvr-blob", "cvr-blob",
                  {at, "--data_dir=" + directory_.Join("blobs")});
    ASSERT_NE(blob_, nullptr);
  }

  std::unique_ptr<ServerProcess> Start(const std::string& binary,
                                       const std::string& name,
                                       std::vector<std::string> flags) {
    const std::string directory = directory_.Join(name);
    std::filesystem::create_directory(directory);
    const bool is_unix = GetParam() == Way::kUnixSocket;
    flags.push_back("--grpc_address=" +
                    (is_unix ? "unix:" + directory + ".s" : "127.0.0.1:0"));
    if (GetParam() == Way::kTls) {
      const auto paths =
          WriteCertificate(authority_.Issue(name), directory_.path(), name);
      flags.push_back("--rpc_certificate_file=" + paths.certificate);
      flags.push_back("--rpc_key_file=" + paths.key);
      flags.push_back("--rpc_ca_file=" + ca_);
    } else if (GetParam() == Way::kLoopback && name != "cvr-metadata") {
      flags.push_back("--peer_secrets_dir=" + SecretsDirectory());
    }
    auto process = ServerProcess::Start({binary, std::move(flags), directory});
    EXPECT_THAT(process, IsOk());
    return process.ok() ? *std::move(process) : nullptr;
  }

  // Where the metadata service leaves them unless told otherwise.
  std::string SecretsDirectory() const {
    return GetParam() == Way::kUnixSocket
               ? directory_.Join("cvr-metadata.s.peers")
               : directory_.Join("metadata/peers");
  }

  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& address,
                                           Who who) {
    if (GetParam() != Way::kTls) {
      return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    }
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_.certificate_pem();
    if (who != Who::kNobody) {
      const TestAuthority& authority =
          who == Who::kForeigner ? other_ : authority_;
      const auto pair = authority.Issue(who == Who::kNameless ? "cvr-metadata"
                                        : who == Who::kBlob   ? "cvr-blob"
                                                              : "cvr-gateway");
      options.pem_cert_chain = pair.certificate_pem;
      options.pem_private_key = pair.key_pem;
    }
    return grpc::CreateChannel(address, grpc::SslCredentials(options));
  }

  // What the caller shows with each call. A foreigner's secret is another
  // installation's.
  Fields FieldsAs(Who who) const {
    const std::string name = "cvr-peer-secret";
    if (who == Who::kForeigner) return {{name, std::string(64, 'f')}};
    if (GetParam() == Way::kTls) return {};
    if (who == Who::kGateway || who == Who::kBlob) {
      return {{name,
               LineOf(SecretsDirectory() + "/" + NameOfWho(who) + ".secret")}};
    }
    return {};
  }

  StatusCode Expected(const std::string& method, Who who) const {
    if (who == Who::kForeigner && GetParam() == Way::kTls) {
      return StatusCode::kUnavailable;  // The handshake fails.
    }
    const auto peer = PeerMethods().find(method);
    // Administration, which asks everybody for a token.
    if (peer == PeerMethods().end()) return StatusCode::kUnauthenticated;
    return peer->second.count(who) > 0 ? StatusCode::kOk
                                       : StatusCode::kPermissionDenied;
  }

  const ScratchDirectory directory_;
  const TestAuthority authority_;
  const TestAuthority other_;
  const std::string ca_ =
      WritePem(authority_.certificate_pem(), directory_.Join("ca"));
  std::unique_ptr<ServerProcess> metadata_;
  std::unique_ptr<ServerProcess> blob_;
};

// Of our own services: `cvr.v1.RegistryService/GetRegistry`.
std::vector<std::string> MethodsOf(ReflectionClient& client) {
  std::vector<std::string> methods;
  const auto services = client.ListServices();
  EXPECT_THAT(services, IsOk());
  for (const std::string& name : *services) {
    if (!absl::StartsWith(name, "cvr.")) continue;
    const auto service = client.FindService(name);
    EXPECT_THAT(service, IsOk());
    for (int i = 0; i < (*service)->method_count(); ++i) {
      methods.push_back(absl::StrCat(name, "/", (*service)->method(i)->name()));
    }
  }
  return methods;
}

TEST_P(PeersTest, EveryMethodIsForWhomTheTableSays) {
  std::set<std::string> seen;
  for (const std::string& address : {metadata_->grpc(), blob_->grpc()}) {
    ReflectionClient schema(ChannelAs(address, Who::kNobody));
    const auto methods = MethodsOf(schema);
    EXPECT_FALSE(methods.empty());
    for (const Who who : kEverybody) {
      const auto channel = ChannelAs(address, who);
      for (const std::string& method : methods) {
        seen.insert(method);
        const absl::Status answer =
            schema.CallOn(channel, method, FieldsAs(who));
        const StatusCode told = answer.code();
        const StatusCode want = Expected(method, who);
        if (want == StatusCode::kOk) {
          // It gets through; what it asked, or whose secret, was nonsense.
          EXPECT_NE(told, StatusCode::kPermissionDenied) << method;
          EXPECT_NE(told, StatusCode::kUnimplemented) << method;
          EXPECT_NE(told, StatusCode::kUnavailable) << method;
          EXPECT_EQ(ReasonOf(answer) == Reason::kNone, answer.ok())
              << method << ": " << answer;
        } else {
          EXPECT_EQ(told, want) << method << " as " << NameOfWho(who);
          // The gate's refusals have no details: the library takes none.
          if (want == StatusCode::kUnauthenticated) {
            EXPECT_EQ(ReasonOf(answer), Reason::kUnauthenticated) << method;
          }
        }
      }
    }
  }
  for (const auto& [method, roles] : PeerMethods()) {
    EXPECT_EQ(seen.count(method), 1) << method << " does not exist";
  }
}

// An administrator's token opens administration, not what is for processes.
TEST_P(PeersTest, ATokenIsNoRole) {
  const std::string secret = LineOf(directory_.Join("metadata/admin-token"));
  for (const std::string& address : {metadata_->grpc(), blob_->grpc()}) {
    const auto channel = ChannelAs(address, Who::kNobody);
    ReflectionClient schema(channel);
    for (const std::string& method : MethodsOf(schema)) {
      const bool is_for_peers = PeerMethods().count(method) > 0;
      if (!is_for_peers && !absl::StrContains(method, "/List")) continue;
      const StatusCode told =
          schema
              .CallOn(channel, method, {{"authorization", "Bearer " + secret}})
              .code();
      EXPECT_EQ(told == StatusCode::kPermissionDenied, is_for_peers) << method;
    }
  }
}

// What a process leaves for its peers is for its owner's eyes only.
TEST_P(PeersTest, SecretsAndSocketsAreTheOwnersAlone) {
  const auto mode_of = [](const std::string& path) {
    return static_cast<int>(std::filesystem::status(path).permissions());
  };
  if (GetParam() != Way::kTls) {
    EXPECT_EQ(mode_of(SecretsDirectory()), 0700);
    EXPECT_EQ(mode_of(SecretsDirectory() + "/gateway.secret"), 0600);
    EXPECT_EQ(mode_of(SecretsDirectory() + "/blob.secret"), 0600);
  }
  if (GetParam() == Way::kUnixSocket) {
    EXPECT_EQ(mode_of(directory_.Join("cvr-metadata.s")), 0600);
    EXPECT_EQ(mode_of(directory_.Join("cvr-blob.s")), 0600);
  }
}

std::string NameOfWay(const ::testing::TestParamInfo<Way>& info) {
  constexpr const char* kNames[] = {"Tls", "Loopback", "UnixSocket"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Ways, PeersTest,
                         ::testing::Values(Way::kTls, Way::kLoopback,
                                           Way::kUnixSocket),
                         NameOfWay);

}  // namespace
}  // namespace cvr::testing
