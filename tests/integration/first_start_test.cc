// A first start makes everything or nothing, and says what is wrong by the name
// of the flag; a data directory is one service's and one process's.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

constexpr char kStandalone[] = "services/standalone/cvr-standalone";
constexpr char kMetadata[] = "services/metadata/cvr-metadata";
constexpr char kBlob[] = "services/blob/cvr-blob";

class FirstStartTest : public ::testing::Test {
 protected:
  std::vector<std::string> Flags() const {
    return {"--http_address=127.0.0.1:0",
            "--grpc_address=unix:" + directory_.Join("s"),
            "--data_dir=" + data_, "--allow_private_upstreams",
            "--bootstrap_upstream=" + upstream_.url()};
  }

  std::unique_ptr<ServerProcess> Start(
      const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags = Flags();
    flags.insert(flags.end(), more.begin(), more.end());
    auto process =
        ServerProcess::Start({kStandalone, flags, directory_.path()});
    EXPECT_THAT(process, IsOk());
    return process.ok() ? *std::move(process) : nullptr;
  }

  // What a start prints that is to fail.
  std::string Refusal(const std::string& binary,
                      const std::vector<std::string>& flags) const {
    std::vector<std::string> command = {binary};
    command.insert(command.end(), flags.begin(), flags.end());
    const ProgramResult result = RunProgram(command);
    EXPECT_EQ(result.status, 1);
    return result.output;
  }

  std::string RefusalOf(const std::vector<std::string>& more) const {
    std::vector<std::string> flags = Flags();
    flags.insert(flags.end(), more.begin(), more.end());
    return Refusal(kStandalone, flags);
  }

  static void Stop(ServerProcess& process) {
    process.process().Signal(SIGTERM);
    EXPECT_EQ(process.process().Wait(), 0);
  }

  int PullStatus(ServerProcess& process) const {
    return HttpGet(process.http(), System::Target("library/alpine/manifests/1"))
        .status;
  }

  FakeRegistry upstream_;
  const Image image_ = AddImage(upstream_, "library/alpine", "1", {2'000});
  const ScratchDirectory directory_;
  const std::string data_ = directory_.Join("data");
};

TEST_F(FirstStartTest, OnLoopbackThePullThatIsShownPulls) {
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(PullStatus(*process), 200);
  EXPECT_FALSE(absl::StrContains(process->Log(), "docker login"))
      << process->Log();
}

TEST_F(FirstStartTest, WhereOthersReachItTheLoginIsShownFirst) {
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{
           {"--http_address=0.0.0.0:0", "--insecure_plaintext"},
           {"--external_url=https://cvr.example.com"},
           {"--trusted_proxies=10.0.0.0/8"},
           {"--bootstrap_anonymous_pull=false"}}) {
    const auto process = Start(flags);
    ASSERT_NE(process, nullptr);
    const std::string log = process->Log();
    const size_t login = log.find("docker login -u token --password-stdin ");
    ASSERT_NE(login, std::string::npos) << log;
    EXPECT_LT(login, log.find("docker pull ")) << log;
    Stop(*process);
    std::filesystem::remove_all(data_);
    std::filesystem::remove(directory_.Join(".data.cvr"));
  }
}

TEST_F(FirstStartTest, WhatIsWrongIsNamedAndNothingIsMade) {
  FakeRegistry other;
  const std::string taken = other.url().substr(std::string("http://").size());
  struct Case {
    std::string flag;
    std::string named;
  };
  for (const Case& wrong : std::vector<Case>{
           {"--bootstrap_upstream=docker.io", "--bootstrap_upstream=docker.io"},
           {"--bootstrap_anonymous_pull=maybe", "bootstrap_anonymous_pull"},
           {"--http_address=" + taken, "--http_address=" + taken},
           {"--http_address=nonsense", "--http_address=nonsense"},
           {"--http_address=0.0.0.0:0", "--insecure_plaintext"},
           {"--grpc_address=" + taken, "--grpc_address=" + taken},
           {"--root_registry=7", "--root_registry=7"},
           {"--root_registry=-1", "--root_registry"},
           {"--external_url=nonsense", "--external_url"},
           {"--token_lifetime=0s", "--token_lifetime"},
           {"--audit_log_file=/nonexistent/audit", "/nonexistent/audit"},
           {"--secret_key_file=/nonexistent/key", "/nonexistent/key"}}) {
    const std::string refusal = RefusalOf({wrong.flag});
    EXPECT_TRUE(absl::StrContains(refusal, wrong.named)) << refusal;
    EXPECT_FALSE(std::filesystem::exists(data_)) << wrong.flag;
  }
  const std::string refusal = RefusalOf(
      {"--rpc_certificate_file=/nonexistent", "--rpc_key_file=/nonexistent"});
  EXPECT_TRUE(absl::StrContains(refusal, "--rpc_certificate_file=/nonexistent"))
      << refusal;
  const std::string tls = RefusalOf(
      {"--tls_certificate_file=/nonexistent", "--tls_key_file=/nonexistent"});
  EXPECT_TRUE(absl::StrContains(tls, "--tls_certificate_file")) << tls;
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(FirstStartTest, ARegistryThatIsNotThereIsNoRootLater) {
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  Stop(*process);
  const std::string refusal = RefusalOf({"--root_registry=7"});
  EXPECT_TRUE(absl::StrContains(refusal, "--root_registry=7: there is no such"))
      << refusal;
  EXPECT_TRUE(std::filesystem::exists(data_ + "/admin-token"));
}

TEST_F(FirstStartTest, FlagsOfTheFirstStartSayLaterThatTheyDoNothing) {
  auto process = Start();
  ASSERT_NE(process, nullptr);
  EXPECT_FALSE(absl::StrContains(process->Log(), "has no effect"));
  Stop(*process);
  process = Start();
  ASSERT_NE(process, nullptr);
  EXPECT_TRUE(
      absl::StrContains(process->Log(), "--bootstrap_upstream has no effect"))
      << process->Log();
}

TEST_F(FirstStartTest, ASecondProcessIsToldOfTheFirst) {
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  const std::string ready_file = directory_.Join("ready.json");
  ASSERT_TRUE(std::filesystem::exists(ready_file));
  const std::string refusal =
      RefusalOf({"--grpc_address=unix:" + directory_.Join("s2"),
                 "--ready_file=" + ready_file});
  EXPECT_TRUE(std::filesystem::exists(ready_file));
  EXPECT_TRUE(absl::StrContains(
      refusal, absl::StrCat("another process uses ", data_, " (pid ",
                            process->process().pid(), ")")))
      << refusal;
  EXPECT_EQ(PullStatus(*process), 200);
}

TEST_F(FirstStartTest, DataOfAnotherServiceAreRefused) {
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  Stop(*process);
  const std::string address = "--grpc_address=unix:" + directory_.Join("s3");
  const std::string whole =
      Refusal(kMetadata, {"--data_dir=" + data_, address});
  EXPECT_TRUE(absl::StrContains(whole, "holds the data of cvr-standalone"))
      << whole;
  const std::string blobs =
      Refusal(kMetadata, {"--data_dir=" + data_ + "/blobs", address});
  EXPECT_TRUE(absl::StrContains(blobs, "holds the data of cvr-blob")) << blobs;
  const std::string metadata =
      Refusal(kBlob, {"--data_dir=" + data_ + "/metadata", address});
  EXPECT_TRUE(absl::StrContains(metadata, "holds the data of cvr-metadata"))
      << metadata;
}

TEST_F(FirstStartTest, LostDataAreNotBegunAnewUnlessToldTo) {
  auto process = Start();
  ASSERT_NE(process, nullptr);
  Stop(*process);
  std::filesystem::remove_all(data_ + "/metadata");
  const std::string refusal = RefusalOf({});
  EXPECT_TRUE(absl::StrContains(refusal, "its data are gone")) << refusal;
  EXPECT_FALSE(std::filesystem::exists(data_ + "/metadata"));
  process = Start({"--create"});
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(PullStatus(*process), 200);
}

}  // namespace
}  // namespace cvr::testing
