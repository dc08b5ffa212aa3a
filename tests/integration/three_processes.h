#ifndef TESTS_INTEGRATION_THREE_PROCESSES_H_
#define TESTS_INTEGRATION_THREE_PROCESSES_H_

#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/upstream/fake_registry.h"

// Three processes, each of which can be stopped and started by itself.
namespace cvr::testing {

// How the processes reach each other.
enum class Way { kTls, kTcp, kUnixSocket };

inline constexpr char kMetadata[] = "cvr-metadata";
inline constexpr char kBlob[] = "cvr-blob";
inline constexpr char kGateway[] = "cvr-gateway";

// How long finding a service again may take here. It takes less than one
// second; an idle channel of the library alone takes five and more.
inline constexpr absl::Duration kFoundAgainMax = absl::Seconds(4);

class ThreeProcessesTest : public ::testing::TestWithParam<Way> {
 protected:
  // Addresses that stay the same: a first start finds free ports.
  void StartAll() {
    metadata_address_ = FirstAddress("m.s");
    blob_address_ = FirstAddress("b.s");
    StartMetadata();
    ASSERT_NE(metadata_, nullptr);
    metadata_address_ = metadata_->grpc();
    StartBlob();
    ASSERT_NE(blob_, nullptr);
    blob_address_ = blob_->grpc();
    gateway_ = Start(kGateway, GatewayFlags());
    ASSERT_NE(gateway_, nullptr);
    Cvr({"registry", "create", "r", "--anonymous-pull"});
    Cvr({"upstream", "create", "u", "--url", upstream_.url(), "--registry",
         "1"});
  }

  std::string FirstAddress(const std::string& socket) const {
    return GetParam() == Way::kUnixSocket ? "unix:" + directory_.Join(socket)
                                          : "127.0.0.1:0";
  }

  void StartMetadata() {
    metadata_ = Start(kMetadata, {"--grpc_address=" + metadata_address_,
                                  "--data_dir=" + directory_.Join("metadata"),
                                  "--peer_secrets_dir=" + secrets_});
  }

  void StartBlob() {
    blob_ = Start(
        kBlob, {"--grpc_address=" + blob_address_,
                "--metadata_address=" + metadata_address_,
                "--data_dir=" + directory_.Join("blobs"),
                "--peer_secrets_dir=" + secrets_, "--allow_private_upstreams"});
  }

  std::vector<std::string> GatewayFlags() const {
    return {
        "--http_address=127.0.0.1:0", "--metadata_address=" + metadata_address_,
        "--blob_address=" + blob_address_, "--peer_secrets_dir=" + secrets_};
  }

  static std::string BinaryOf(const std::string& name) {
    return name == kGateway    ? "gateway/cvr-gateway"
           : name == kMetadata ? "services/metadata/cvr-metadata"
                               : "services/blob/cvr-blob";
  }

  std::vector<std::string> TlsFlags(const std::string& name) const {
    if (GetParam() != Way::kTls) return {};
    const auto paths =
        WriteCertificate(authority_.Issue(name), directory_.path(), name);
    return {"--rpc_certificate_file=" + paths.certificate,
            "--rpc_key_file=" + paths.key, "--rpc_ca_file=" + ca_};
  }

  std::unique_ptr<ServerProcess> Start(const std::string& name,
                                       std::vector<std::string> flags) {
    const std::string directory = directory_.Join(name + "-run");
    std::filesystem::create_directory(directory);
    for (const std::string& flag : TlsFlags(name)) flags.push_back(flag);
    auto process =
        ServerProcess::Start({BinaryOf(name), std::move(flags), directory});
    EXPECT_THAT(process, IsOk());
    return process.ok() ? *std::move(process) : nullptr;
  }

  void Stop(ServerProcess& process, int signal) {
    process.process().Signal(signal);
    process.process().Wait();
  }

  void Restart(const std::string& name, int signal) {
    if (name == kMetadata) {
      Stop(*metadata_, signal);
      StartMetadata();
    } else {
      Stop(*blob_, signal);
      StartBlob();
    }
  }

  // Runs `cvr` as the administrator; what it prints.
  std::string Cvr(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tools/cvr/cvr");
    arguments.push_back("--server=" + metadata_address_);
    arguments.push_back("--token-file=" +
                        directory_.Join("metadata/admin-token"));
    if (GetParam() == Way::kTls) arguments.push_back("--tls-ca-file=" + ca_);
    ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.status, 0) << arguments[1] << ": " << result.output;
    return std::move(result.output);
  }

  HttpResponse Readyz() const { return HttpGet(gateway_->http(), "/readyz"); }

  // Empty, or what went wrong.
  std::string Pull(const Image& image) const {
    const auto get = [&](const std::string& path) {
      return HttpGet(gateway_->http(), System::Target(path));
    };
    const auto manifest =
        get(absl::StrCat(image.repository, "/manifests/", image.tag));
    if (manifest.status != 200 || manifest.body != image.manifest) {
      return absl::StrCat("manifest ", manifest.status, " ", manifest.error,
                          " ", manifest.body);
    }
    for (const std::string& bytes : image.blobs) {
      const auto blob = get(absl::StrCat(image.repository, "/blobs/",
                                         Digest::OfBytes(bytes).ToString()));
      if (blob.status != 200 || !blob.error.empty() || blob.body != bytes) {
        return absl::StrCat("blob ", blob.status, " ", blob.error, " ",
                            blob.body.size(), " bytes of ", bytes.size());
      }
    }
    return "";
  }

  const ScratchDirectory directory_;
  const std::string secrets_ = directory_.Join("peers");
  const TestAuthority authority_;
  const std::string ca_ =
      WritePem(authority_.certificate_pem(), directory_.Join("ca"));
  FakeRegistry upstream_;
  std::string metadata_address_;
  std::string blob_address_;
  std::unique_ptr<ServerProcess> metadata_;
  std::unique_ptr<ServerProcess> blob_;
  std::unique_ptr<ServerProcess> gateway_;
};

inline std::string NameOfWay(const ::testing::TestParamInfo<Way>& info) {
  constexpr const char* kNames[] = {"Tls", "Tcp", "UnixSocket"};
  return kNames[static_cast<int>(info.param)];
}

}  // namespace cvr::testing

#endif  // TESTS_INTEGRATION_THREE_PROCESSES_H_
