#include "services/blob/api/content_source_wire.h"

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

FetchRequest Request() {
  FetchRequest request{{*Repository::Parse("r"), *Reference::Parse("latest"),
                        ContentKind::kManifest}};
  request.plan.candidates.push_back({7, /*reachable=*/true});
  return request;
}

TEST(ContentSourceWireTest, FetchRequestRoundTrips) {
  FetchRequest request = Request();
  request.range = ByteRangeSpec{ByteRangeSpec::From{3, 9}};
  request.header_only = true;
  const absl::Time now = absl::FromUnixSeconds(100);
  request.deadline = now + absl::Milliseconds(1500);
  // The other clock is elsewhere.
  const absl::Time there = absl::FromUnixSeconds(5);
  const auto copy = FromWire(ToWire(request, now), there);
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(copy->content.RelativePath(), request.content.RelativePath());
  ASSERT_EQ(copy->plan.candidates.size(), 1);
  EXPECT_EQ(copy->plan.candidates[0].upstream_id, 7);
  EXPECT_TRUE(copy->plan.candidates[0].reachable);
  EXPECT_EQ(std::get<ByteRangeSpec::From>(copy->range->value).last, 9);
  EXPECT_TRUE(copy->header_only);
  EXPECT_EQ(copy->deadline, there + absl::Milliseconds(1500));
}

TEST(ContentSourceWireTest, NoDeadlineAndAPassedOneSurvive) {
  FetchRequest request = Request();
  const absl::Time now = absl::FromUnixSeconds(100);
  EXPECT_EQ(FromWire(ToWire(request, now), now)->deadline,
            absl::InfiniteFuture());
  request.deadline = absl::InfinitePast();
  EXPECT_EQ(FromWire(ToWire(request, now), now)->deadline, now);
}

TEST(ContentSourceWireTest, ReadRequestRoundTrips) {
  const ReadRequest request{Digest::OfBytes("x"),
                            ByteRangeSpec{ByteRangeSpec::Suffix{5}}, true};
  const auto copy = FromWire(ToWire(request));
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(copy->digest, request.digest);
  EXPECT_EQ(std::get<ByteRangeSpec::Suffix>(copy->range->value).length, 5);
  EXPECT_TRUE(copy->header_only);
  EXPECT_FALSE(copy->repair.has_value());
}

TEST(ContentSourceWireTest, PlanForRepairsRoundTrips) {
  ReadRequest request{Digest::OfBytes("x")};
  request.repair = RepairPlan{Request().content, Request().plan};
  const auto copy = FromWire(ToWire(request));
  ASSERT_THAT(copy, IsOk());
  ASSERT_TRUE(copy->repair.has_value());
  EXPECT_EQ(copy->repair->content.RelativePath(),
            request.repair->content.RelativePath());
  ASSERT_EQ(copy->repair->plan.candidates.size(), 1);
  EXPECT_EQ(copy->repair->plan.candidates[0].upstream_id, 7);
}

TEST(ContentSourceWireTest, NonsenseIsRefused) {
  internal::v1::ReadRequest message = ToWire(ReadRequest{Digest::OfBytes("x")});
  message.mutable_range()->set_first(5);
  EXPECT_THAT(FromWire(message), IsOk());
  message.mutable_range()->set_last(4);
  EXPECT_THAT(FromWire(message), StatusIs(kInvalid));
  message.mutable_range()->clear_last();
  message.mutable_range()->set_first(-1);
  EXPECT_THAT(FromWire(message), StatusIs(kInvalid));
  message.clear_range();
  message.set_digest("sha256:0");
  EXPECT_THAT(FromWire(message), StatusIs(kInvalid));

  internal::v1::ContentHeader header;
  EXPECT_THAT(FromWire(header), StatusIs(kInvalid));
  header = ToWire(ContentHeader{{"a/b", Digest::OfBytes("x"), 1}, {0, 1}});
  EXPECT_THAT(FromWire(header), IsOk());
  header.set_length(-1);
  EXPECT_THAT(FromWire(header), StatusIs(kInvalid));
  header.set_length(1);
  header.clear_cache_status();
  EXPECT_THAT(FromWire(header), StatusIs(kInvalid));
}

}  // namespace
}  // namespace cvr
