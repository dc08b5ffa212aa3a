#include "services/rpc/rpc_server.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(RpcServerTest, SaysThePortItGot) {
  const auto server = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT((*server)->address(), ::testing::StartsWith("127.0.0.1:"));
  EXPECT_NE((*server)->address(), "127.0.0.1:0");
}

TEST(RpcServerTest, ATakenPortIsAnError) {
  const auto first = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RpcServer::Start((*first)->address(), {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(RpcServerTest, OtherMachinesAreNotServed) {
  EXPECT_THAT(RpcServer::Start("0.0.0.0:0", {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

// A killed service leaves its socket file; the next one must start all the
// same.
TEST(RpcServerTest, AUnixSocketIsTakenOver) {
  // Not below TempDir(): a socket's path has at most 107 characters.
  char directory[] = "/tmp/rpc_server_test.XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string address = absl::StrCat("unix:", directory, "/socket");
  const auto first = RpcServer::Start(address, {});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RpcServer::Start(address, {}), IsOk());
  std::filesystem::remove_all(directory);
}

// Messages of the two standard services, written by hand: Debian's library
// brings the services but not their messages.
std::string CallGeneric(const std::string& address, const std::string& method,
                        const std::string& request) {
  const auto channel = MakeRpcChannel(address);
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, method, &queue);
  void* tag = nullptr;
  bool ok = false;
  const auto wait = [&] { return queue.Next(&tag, &ok) && ok; };
  call->StartCall(nullptr);
  if (!wait()) return "no call";
  const grpc::Slice slice(request);
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  if (!wait()) return "no request";
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  if (!wait()) return "no answer";
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) return "no bytes";
  std::string bytes;
  for (const grpc::Slice& part : slices) {
    bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return bytes;
}

TEST(RpcServerTest, AnswersTheStandardHealthCheck) {
  const auto server = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(server, IsOk());
  // HealthCheckResponse{status: SERVING}
  EXPECT_EQ(CallGeneric((*server)->address(), "/grpc.health.v1.Health/Check",
                        /*request=*/""),
            std::string("\x08\x01", 2));
}

TEST(RpcServerTest, TellsItsServicesByReflection) {
  const auto server = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(server, IsOk());
  // ServerReflectionRequest{list_services: ""}
  EXPECT_THAT(
      CallGeneric(
          (*server)->address(),
          "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
          std::string("\x3a\x00", 2)),
      ::testing::HasSubstr("grpc.reflection.v1alpha.ServerReflection"));
}

}  // namespace
}  // namespace cvr
