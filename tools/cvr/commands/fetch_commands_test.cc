#include "tools/cvr/commands/fetch_commands.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cvr/v1/fetch_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kWatch[] = "FetchService/WatchFetches";

class FetchCommandsTest : public CvrTest {
 protected:
  FetchCommandsTest() {
    server_.On<v1::ListFetchesRequest, v1::ListFetchesResponse>(
        "FetchService/ListFetches",
        [this](const auto& request, auto* response) {
          listed_ = request;
          for (const v1::Fetch& fetch : fetches_) {
            *response->add_fetches() = fetch;
          }
          return grpc::Status::OK;
        });
    server_.On<v1::CancelFetchRequest, v1::CancelFetchResponse>(
        "FetchService/CancelFetch", [this](const auto& request, auto*) {
          cancelled_.push_back(request);
          return grpc::Status::OK;
        });
  }

  static v1::Fetch Fetch(int64_t id, v1::Fetch::State state, int64_t received) {
    v1::Fetch fetch;
    fetch.set_id(id);
    fetch.set_upstream_id(1);
    fetch.set_repository("library/alpine");
    fetch.set_digest("sha256:0123456789abcdef");
    fetch.set_state(state);
    fetch.set_received_bytes(received);
    fetch.set_size_bytes(2048);
    fetch.set_instance("blob-1");
    return fetch;
  }

  static v1::WatchFetchesResponse Watched(const v1::Fetch& fetch) {
    v1::WatchFetchesResponse response;
    *response.add_fetches() = fetch;
    return response;
  }

  const std::vector<v1::WatchFetchesResponse> story_ = {
      Watched(Fetch(3, v1::Fetch::STATE_RUNNING, 1024)),
      Watched(Fetch(3, v1::Fetch::STATE_SUCCEEDED, 2048))};
  std::vector<v1::Fetch> fetches_ = {Fetch(3, v1::Fetch::STATE_RUNNING, 1024)};
  v1::ListFetchesRequest listed_;
  std::vector<v1::CancelFetchRequest> cancelled_;
};

TEST_F(FetchCommandsTest, FetchesAreListed) {
  EXPECT_EQ(Cvr("fetch list --upstream 1"), 0) << Err();
  EXPECT_EQ(listed_.upstream_id(), 1);
  EXPECT_THAT(Out(), HasSubstr(" 3         1  library/alpine  "
                               "sha256:0123456789abcdef  running  1024 (1.0 "
                               "KiB)"));
  EXPECT_THAT(Out(), HasSubstr("  blob-1\n"));
  EXPECT_EQ(Cvr("fetch list --upstream hub --group acme"), 0) << Err();
  EXPECT_EQ(listed_.upstream_key().group(), "acme");
  EXPECT_EQ(Cvr("fetch list"), 0) << Err();
  EXPECT_EQ(listed_.upstream_case(), v1::ListFetchesRequest::UPSTREAM_NOT_SET);
}

TEST_F(FetchCommandsTest, WatchGoesOnUntilTheStreamEnds) {
  server_.OnStream(kWatch, story_);
  EXPECT_EQ(Cvr("fetch watch --token t"), 0) << Err();
  const std::vector<std::string> lines = absl::StrSplit(Out(), '\n');
  ASSERT_EQ(lines.size(), 3);
  EXPECT_THAT(lines[0], HasSubstr(" running library/alpine sha256:0123456789ab "
                                  "1.0 KiB of 2.0 KiB"));
  EXPECT_THAT(lines[1], HasSubstr(" succeeded library/alpine"));
  EXPECT_THAT(server_.Metadata("authorization"), ElementsAre("Bearer t"));
}

TEST_F(FetchCommandsTest, WatchAsksForWhatIsTyped) {
  v1::WatchFetchesRequest seen;
  server_.On<v1::WatchFetchesRequest, v1::WatchFetchesResponse>(
      kWatch, [&](const auto& request, auto*) {
        seen = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("fetch watch --upstream 7 --interval 5s"), 0) << Err();
  EXPECT_EQ(seen.upstream_id(), 7);
  EXPECT_EQ(seen.interval().seconds(), 5);
}

TEST_F(FetchCommandsTest, TerminalGetsBars) {
  server_.OnStream(kWatch, story_);
  terminal_ = Terminal{100, 24};
  EXPECT_EQ(Cvr("fetch watch"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("[############            ]  50%"));
}

TEST_F(FetchCommandsTest, ProgramsGetALinePerFetch) {
  server_.OnStream(kWatch, story_);
  EXPECT_EQ(Cvr("fetch watch -o json"), 0) << Err();
  const std::vector<std::string> lines = absl::StrSplit(Out(), '\n');
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(json::parse(lines[0])["received_bytes"], "1024");
  EXPECT_EQ(json::parse(lines[1])["state"], "STATE_SUCCEEDED");
}

TEST_F(FetchCommandsTest, InterruptEndsTheWatchAndIsNoError) {
  server_.OnStream<v1::WatchFetchesResponse>(kWatch, story_,
                                             [] { kill(getpid(), SIGINT); });
  EXPECT_EQ(Cvr("fetch watch"), 0) << Err();
  EXPECT_THAT(Err(), IsEmpty());
}

TEST_F(FetchCommandsTest, StreamThatBreaksIsAnError) {
  server_.On<v1::WatchFetchesRequest, v1::WatchFetchesResponse>(
      kWatch, [](const auto&, auto*) {
        return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
      });
  EXPECT_EQ(Cvr("fetch watch"), 1);
  EXPECT_EQ(Err(), "cvr: broken\n");
}

TEST_F(FetchCommandsTest, FetchesAreCancelledAtTheirUpstream) {
  EXPECT_EQ(Cvr("fetch cancel 3 5 --upstream hub --instance blob-2"), 0)
      << Err();
  ASSERT_EQ(cancelled_.size(), 2);
  EXPECT_EQ(cancelled_[0].id(), 3);
  EXPECT_EQ(cancelled_[1].id(), 5);
  EXPECT_EQ(cancelled_[1].upstream_key().name(), "hub");
  EXPECT_EQ(cancelled_[1].instance(), "blob-2");
  EXPECT_EQ(Out(), "fetch 3 cancelled\nfetch 5 cancelled\n");
}

TEST_F(FetchCommandsTest, UpstreamOfAFetchIsFoundInTheList) {
  EXPECT_EQ(Cvr("fetch cancel 3"), 0) << Err();
  ASSERT_EQ(cancelled_.size(), 1);
  EXPECT_EQ(cancelled_[0].upstream_id(), 1);
  EXPECT_EQ(cancelled_[0].instance(), "blob-1");
  EXPECT_EQ(Cvr("fetch cancel 4"), 1);
  EXPECT_EQ(Err(), "cvr: there is no fetch 4 that runs or waits\n");
}

TEST_F(FetchCommandsTest, InstanceSaysWhichOfTwoIsMeant) {
  fetches_.push_back(Fetch(3, v1::Fetch::STATE_QUEUED, 0));
  fetches_.back().set_instance("blob-2");
  fetches_.back().set_upstream_id(9);
  EXPECT_EQ(Cvr("fetch cancel 3"), 1);
  EXPECT_EQ(Err(), "cvr: fetch 3 exists on 2 instances; give --instance\n");
  EXPECT_THAT(cancelled_, IsEmpty());
  EXPECT_EQ(Cvr("fetch cancel 3 --instance blob-2"), 0) << Err();
  EXPECT_EQ(cancelled_.at(0).upstream_id(), 9);
}

TEST_F(FetchCommandsTest, CancelNeedsAnId) {
  EXPECT_EQ(Cvr("fetch cancel"), 1);
  EXPECT_THAT(Err(), HasSubstr("ID"));
}

TEST_F(FetchCommandsTest, FormerNamesGoOn) {
  EXPECT_EQ(Cvr("downloads --upstream 1"), 0);
  EXPECT_EQ(listed_.upstream_id(), 1);
  EXPECT_EQ(Err(), "cvr: note: cvr downloads is now cvr fetch list\n");
  EXPECT_EQ(Cvr("downloads cancel 3"), 0);
  EXPECT_EQ(cancelled_.size(), 1);
  server_.OnStream(kWatch, story_);
  EXPECT_EQ(Cvr("downloads --watch --interval 2s -o json"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("STATE_SUCCEEDED"));
  EXPECT_EQ(Cvr("downloads --interval 2s"), 1);
  EXPECT_THAT(Err(), HasSubstr("--interval requires --watch"));
}

}  // namespace
}  // namespace cvr
