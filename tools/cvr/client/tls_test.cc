// cvr at real servers by TLS.

#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cvr/v1/group_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/rpc/rpc_server.h"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tools/cvr/run.h"

namespace cvr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OneGroup final : public v1::GroupService::Service {
  grpc::Status ListGroups(grpc::ServerContext*, const v1::ListGroupsRequest*,
                          v1::ListGroupsResponse* response) override {
    response->add_groups()->set_name("acme");
    return grpc::Status::OK;
  }
};

class CvrTlsTest : public ::testing::Test {
 protected:
  CvrTlsTest() {
    const auto paths = testing::WriteCertificate(authority_.Issue(),
                                                 directory_.path(), "server");
    RpcSecurity security;
    security.tls = true;
    security.certificate = {paths.certificate, paths.key};
    security.authority_file = ca_;
    server_ = *RpcServer::Start("127.0.0.1:0", {&groups_}, security);
    plain_ = *RpcServer::Start(socket_, {&groups_}, security);
    variables_["CVR_SERVER"] = server_->address();
  }

  // Types `line`, whose words are split at spaces.
  int Cvr(const std::string& line) {
    out_.str("");
    err_.str("");
    const std::vector<std::string> args =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    return cvr::Run(args, {in_, out_, err_, [this](const char* name) {
                             return Variable(name);
                           }});
  }

  std::optional<std::string> Variable(const char* name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
  }

  void ExpectListed(const std::string& line) {
    EXPECT_EQ(Cvr(line), 0) << line << ": " << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("acme")) << line;
  }
  void ExpectError(const std::string& line, const std::string& part) {
    EXPECT_EQ(Cvr(line), 1) << line;
    EXPECT_THAT(err_.str(), AllOf(StartsWith("cvr: "), HasSubstr(part)));
    EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1) << err_.str();
  }

  const testing::ScratchDirectory directory_;
  const testing::TestAuthority authority_;
  const testing::TestAuthority other_;
  const std::string ca_ =
      testing::WritePem(authority_.certificate_pem(), directory_.Join("ca"));
  const std::string socket_ = "unix:" + directory_.Join("s");
  OneGroup groups_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<RpcServer> plain_;
  std::map<std::string, std::string> variables_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CvrTlsTest, BelievesTheAuthorityItIsToldOf) {
  ExpectListed("group list --tls-ca-file " + ca_);
  ExpectListed("--tls --tls-ca-file=" + ca_ + " group list");
  variables_["CVR_TLS_CA_FILE"] = ca_;
  ExpectListed("group list");
}

TEST_F(CvrTlsTest, ShowsItsCertificate) {
  const auto ours =
      testing::WriteCertificate(authority_.Issue(), directory_.path(), "ours");
  ExpectListed(absl::StrCat("group list --tls-ca-file ", ca_,
                            " --tls-certificate-file ", ours.certificate,
                            " --tls-key-file ", ours.key));
  const auto strange =
      testing::WriteCertificate(other_.Issue(), directory_.path(), "strange");
  variables_["CVR_TLS_CA_FILE"] = ca_;
  variables_["CVR_TLS_CERTIFICATE_FILE"] = strange.certificate;
  variables_["CVR_TLS_KEY_FILE"] = strange.key;
  ExpectError("group list", "cannot reach the server");
}

TEST_F(CvrTlsTest, UnixSocketsStayPlain) {
  ExpectListed(absl::StrCat("group list --server ", socket_, " --tls"));
  ExpectListed(
      absl::StrCat("group list --server ", socket_, " --tls-ca-file ", ca_));
}

TEST_F(CvrTlsTest, FailuresAreOneLineThatSaysWhy) {
  ExpectError("group list --tls",
              ": TLS handshake failed (check --server, --tls-ca-file,");
  ExpectError("group list", "(--server; if the server uses TLS, add --tls)");
  ExpectError("group list --tls-ca-file /no/such", "/no/such: No such file");
  ExpectError("group list --tls-key-file /k", "must be given together");
  ExpectError("group list --server 192.0.2.1:1", "use --tls");
  const std::string other =
      testing::WritePem(other_.certificate_pem(), directory_.Join("other"));
  ExpectError("group list --tls-ca-file " + other,
              ": TLS handshake failed (check --server, --tls-ca-file,");
}

}  // namespace
}  // namespace cvr
