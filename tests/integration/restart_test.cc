// Three processes, of which one at a time is away: the others find it again,
// say so, and fail no pull that could wait.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/mutex.h"
#include "services/common/thread.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_registry.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

// How the processes reach each other.
enum class Way { kTls, kTcp, kUnixSocket };

constexpr char kMetadata[] = "cvr-metadata";
constexpr char kBlob[] = "cvr-blob";
constexpr char kGateway[] = "cvr-gateway";

// How long finding a service again may take here. It takes less than one
// second; an idle channel of the library alone takes five and more.
constexpr absl::Duration kFoundAgainMax = absl::Seconds(4);

constexpr int kClients = 3;

class RestartTest : public ::testing::TestWithParam<Way> {
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

  void Cvr(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tools/cvr/cvr");
    arguments.push_back("--server=" + metadata_address_);
    arguments.push_back("--token-file=" +
                        directory_.Join("metadata/admin-token"));
    if (GetParam() == Way::kTls) arguments.push_back("--tls_ca_file=" + ca_);
    auto process = ChildProcess::Start(arguments, directory_.Join("cvr.log"));
    ASSERT_THAT(process, IsOk());
    EXPECT_EQ((*process)->Wait(), 0) << arguments[1];
  }

  HttpResponse Readyz() const { return HttpGet(gateway_->http(), "/readyz"); }

  // Waits until `condition` holds; whether it did so in time.
  static bool Await(const std::function<bool()>& condition,
                    absl::Duration timeout) {
    const absl::Time end = absl::Now() + timeout;
    while (!condition()) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

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

// Nobody pulls meanwhile, so nothing but the gateway itself notices.
TEST_P(RestartTest, AnIdleGatewayFindsEachServiceAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  EXPECT_EQ(Readyz().status, 200) << "right after the ready file";
  for (const std::string name : {kMetadata, kBlob, kMetadata}) {
    SCOPED_TRACE(name);
    Stop(name == kMetadata ? *metadata_ : *blob_, SIGTERM);
    ASSERT_TRUE(Await([&] { return Readyz().status == 503; }, kFoundAgainMax));
    EXPECT_THAT(Readyz().body, HasSubstr(name.substr(4)));
    // As long as the pauses between attempts get.
    absl::SleepFor(absl::Seconds(2));
    name == kMetadata ? StartMetadata() : StartBlob();
    const absl::Time started = absl::Now();
    EXPECT_TRUE(Await([&] { return Readyz().status == 200; }, kFoundAgainMax));
    RecordProperty(
        "found_ms_" + name,
        absl::StrCat(absl::ToInt64Milliseconds(absl::Now() - started)));
  }
}

// As systemd starts them, in any order.
TEST_P(RestartTest, AGatewayIsReadyOnceTheServicesAre) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (auto* const process : {&gateway_, &blob_, &metadata_}) {
    Stop(**process, SIGTERM);
  }
  const std::string ready = directory_.Join("cvr-gateway-run/ready.json");
  // The one of before is no sign of readiness.
  ASSERT_TRUE(std::filesystem::exists(ready));
  std::vector<std::string> arguments = {BinaryOf(kGateway),
                                        "--ready_file=" + ready};
  for (const auto& flags : {GatewayFlags(), TlsFlags(kGateway)}) {
    arguments.insert(arguments.end(), flags.begin(), flags.end());
  }
  auto gateway = ChildProcess::Start(arguments, directory_.Join("gateway.log"));
  ASSERT_THAT(gateway, IsOk());
  ASSERT_TRUE(Await([&] { return !std::filesystem::exists(ready); },
                    absl::Seconds(30)));
  StartBlob();
  EXPECT_FALSE(std::filesystem::exists(ready)) << "there is no metadata";
  StartMetadata();
  EXPECT_TRUE(
      Await([&] { return std::filesystem::exists(ready); }, kFoundAgainMax));
  (*gateway)->Signal(SIGTERM);
  EXPECT_EQ((*gateway)->Wait(), 0);
}

// A gateway that is told to stop before it was ever ready.
TEST_P(RestartTest, AGatewayThatIsNotReadyCanBeStopped) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Stop(*metadata_, SIGTERM);
  ASSERT_TRUE(Await([&] { return Readyz().status == 503; }, kFoundAgainMax));
  gateway_->process().Signal(SIGTERM);
  EXPECT_EQ(gateway_->process().Wait(), 0);
}

TEST_P(RestartTest, NoPullFailsWhileAServiceRestarts) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {3 << 20, 100});
  ASSERT_EQ(Pull(image), "");
  std::atomic<bool> stop = false;
  std::atomic<int> pulls = 0;
  Mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::unique_ptr<Thread>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Thread>("client", [&] {
      while (!stop) {
        const std::string failure = Pull(image);
        ++pulls;
        if (failure.empty()) continue;
        MutexLock lock(&mutex);
        failures.push_back(failure);
      }
    }));
  }
  const auto await_pulls = [&](int more) {
    const int wanted = pulls + more;
    EXPECT_TRUE(Await([&] { return pulls >= wanted; }, absl::Minutes(1)));
  };
  await_pulls(5);
  for (const std::string name : {kMetadata, kBlob}) {
    for (const int signal : {SIGTERM, SIGKILL}) {
      Restart(name, signal);
      // Everybody has begun a new one since.
      await_pulls(2 * kClients);
    }
  }
  stop = true;
  clients.clear();
  EXPECT_THAT(failures, ::testing::IsEmpty());
}

// Longer than is waited: told so at once, and when to come again.
TEST_P(RestartTest, WhatCannotWaitIsToldWhenToComeAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {100});
  auto flags = GatewayFlags();
  flags.push_back("--outage_wait=300ms");
  gateway_ = nullptr;
  gateway_ = Start(kGateway, flags);
  ASSERT_NE(gateway_, nullptr);
  Stop(*metadata_, SIGTERM);
  const auto reply =
      HttpGet(gateway_->http(), System::Target("team/app/manifests/1"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_THAT(reply.body, HasSubstr("cannot be reached"));
}

std::string NameOfWay(const ::testing::TestParamInfo<Way>& info) {
  constexpr const char* kNames[] = {"Tls", "Tcp", "UnixSocket"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Ways, RestartTest,
                         ::testing::Values(Way::kTls, Way::kTcp,
                                           Way::kUnixSocket),
                         NameOfWay);

}  // namespace
}  // namespace cvr::testing
