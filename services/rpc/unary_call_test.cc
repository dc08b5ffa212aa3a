#include "services/rpc/unary_call.h"

#include <chrono>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

// Has the shape of a generated stub.
class FakeStub {
 public:
  grpc::Status Echo(grpc::ClientContext* context, const std::string& request,
                    std::string* response) {
    deadline = context->deadline();
    *response = request;
    return answer;
  }

  grpc::Status answer;
  std::chrono::system_clock::time_point deadline;
};

class UnaryCallTest : public ::testing::Test {
 protected:
  absl::Status Call(absl::Duration timeout = absl::Hours(1)) {
    return UnaryCall(stub_, &FakeStub::Echo, timeout, std::string("hello"),
                     response_);
  }

  FakeStub stub_;
  std::string response_;
};

TEST_F(UnaryCallTest, BringsTheAnswer) {
  EXPECT_THAT(Call(), IsOk());
  EXPECT_EQ(response_, "hello");
}

TEST_F(UnaryCallTest, EndsAfterItsTimeout) {
  const auto before = std::chrono::system_clock::now();
  EXPECT_THAT(Call(absl::Hours(2)), IsOk());
  EXPECT_GE(stub_.deadline, before + std::chrono::hours(2));
  EXPECT_LE(stub_.deadline,
            std::chrono::system_clock::now() + std::chrono::hours(2));
}

TEST_F(UnaryCallTest, ServiceThatGivesNoAnswerIsUnavailable) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED,
        grpc::StatusCode::CANCELLED}) {
    stub_.answer = grpc::Status(code, "gone");
    const absl::Status status = Call();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable)) << code;
    EXPECT_EQ(status.message(), "gone");
  }
}

TEST_F(UnaryCallTest, ErrorsOfTheServiceStayWhatTheyAre) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::NOT_FOUND, grpc::StatusCode::PERMISSION_DENIED,
        grpc::StatusCode::INTERNAL, grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    stub_.answer = grpc::Status(code, "because");
    EXPECT_EQ(Call(),
              absl::Status(static_cast<absl::StatusCode>(code), "because"));
  }
}

}  // namespace
}  // namespace cvr
