#include "gateway/http/access_log.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(AccessLogTest, OneLineTellsAll) {
  AccessRecord record;
  record.method = "GET";
  record.target = "/v2/a";
  record.client = "10.0.0.7";
  record.user_agent = "docker/27";
  record.cache_status = "cvr; hit";
  record.status = 206;
  record.body_bytes = 12345678901;
  record.duration = absl::Microseconds(1500);
  EXPECT_EQ(FormatAccess(record),
            "http method=\"GET\" target=\"/v2/a\" status=206 bytes=12345678901 "
            "ms=1.5 cache=\"cvr; hit\" client=10.0.0.7 agent=\"docker/27\"");
}

TEST(AccessLogTest, NamesOfRequestsAreTold) {
  AccessRecord record;
  EXPECT_EQ(FormatAccess(record).find("request_id"), std::string::npos);
  record.request_id = "build-7";
  EXPECT_NE(FormatAccess(record).find(" request_id=build-7"),
            std::string::npos);
}

TEST(AccessLogTest, QueriesThatMayHoldSecretsAreNotTold) {
  AccessRecord record;
  const auto line = [&](const char* target) {
    record.target = target;
    return FormatAccess(record);
  };
  EXPECT_NE(line("/v2/a/tags/list?n=5").find("?n=5"), std::string::npos);
  for (const char* const target :
       {"/api/v4/a?private_token=s3cret", "//api/v4?x=s3cret", "/%61pi?s3cret",
        "http://h/api/v4/a?password=s3cret"}) {
    EXPECT_EQ(line(target).find("s3cret"), std::string::npos) << target;
  }
}

// A client must not be able to forge lines or fields.
TEST(AccessLogTest, ClientsTextCannotBreakOut) {
  AccessRecord record;
  record.target = "/\" status=200\n\x1b[0m";
  record.user_agent = std::string(10'000, 'a');
  record.broken_off = absl::UnavailableError("up\nstream");
  const std::string line = FormatAccess(record);
  for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~');
  EXPECT_NE(line.find("target=\"/\\x22 status=200\\x0a\\x1b[0m\""),
            std::string::npos);
  EXPECT_LT(line.size(), 1000);
}

}  // namespace
}  // namespace cvr
