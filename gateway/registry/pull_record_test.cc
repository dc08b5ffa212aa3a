#include "gateway/registry/pull_record.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(PullRecordTest, SaysWhoPulledWhatAndWhatCameOfIt) {
  PullRecord pull;
  pull.caller.token_id = 7;
  pull.caller.token_name = "ci";
  pull.client = "192.0.2.1";
  pull.registry_id = 3;
  pull.repository = "library/alpine";
  pull.kind = "manifest";
  pull.reference = "3.20";
  pull.digest = "sha256:1";
  AccessRecord access;
  access.status = 200;
  access.body_bytes = 528;
  access.cache_status = "cvr; hit";
  auto line = AuditLineOf(pull, access, absl::FromUnixSeconds(1700000000));
  EXPECT_EQ(line.dump(),
            R"({"bytes":528,"cache":"cvr; hit","client":"192.0.2.1",)"
            R"("digest":"sha256:1","event":"Pull","image":"library/alpine",)"
            R"("kind":"manifest","reference":"3.20","registry_id":3,)"
            R"("status":200,"time":"2023-11-14T22:13:20+00:00","token_id":7,)"
            R"("token_name":"ci"})");
  access.broken_off = absl::CancelledError("gone");
  line = AuditLineOf(pull, access, absl::UnixEpoch());
  EXPECT_EQ(line["broken_off"], "client left");
}

}  // namespace
}  // namespace cvr
