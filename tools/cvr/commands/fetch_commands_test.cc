#include "tools/cvr/commands/download_commands.h"

#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cvr/v1/download_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kWatch[] = "DownloadService/WatchDownloads";

class DownloadCommandsTest : public CvrTest {
 protected:
  static v1::Downloads Downloads(v1::DownloadInFlight::State state,
                                 int64_t received) {
    v1::Downloads downloads;
    auto& download = *downloads.add_downloads();
    download.set_id(3);
    download.set_upstream_id(1);
    download.set_repository("library/alpine");
    download.set_digest("sha256:0123456789abcdef");
    download.set_state(state);
    download.set_received(received);
    download.set_size(2048);
    return downloads;
  }

  const std::vector<v1::Downloads> story_ = {
      Downloads(v1::DownloadInFlight::RUNNING, 1024),
      Downloads(v1::DownloadInFlight::DONE, 2048)};
};

TEST_F(DownloadCommandsTest, DownloadsAreListed) {
  v1::ListDownloadsRequest seen;
  server_.On<v1::ListDownloadsRequest, v1::Downloads>(
      "DownloadService/ListDownloads",
      [&](const auto& request, auto* response) {
        seen = request;
        *response = story_[0];
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("downloads --upstream 1"), 0) << Err();
  EXPECT_EQ(seen.upstream_id(), 1);
  EXPECT_THAT(Out(), HasSubstr(" 3         1  library/alpine  "
                               "sha256:0123456789abcdef  running  1024 (1.0 "
                               "KiB)"));
}

TEST_F(DownloadCommandsTest, WatchGoesOnUntilTheStreamEnds) {
  server_.OnStream(kWatch, story_);
  EXPECT_EQ(Cvr("downloads --watch --token t"), 0) << Err();
  const std::vector<std::string> lines = absl::StrSplit(Out(), '\n');
  ASSERT_EQ(lines.size(), 3);
  EXPECT_THAT(lines[0], HasSubstr(" running library/alpine sha256:0123456789ab "
                                  "1.0 KiB of 2.0 KiB"));
  EXPECT_THAT(lines[1], HasSubstr(" done library/alpine"));
  EXPECT_THAT(server_.Metadata("authorization"),
              ::testing::ElementsAre("Bearer t"));
}

TEST_F(DownloadCommandsTest, TerminalGetsBars) {
  server_.OnStream(kWatch, story_);
  terminal_ = Terminal{100, 24};
  EXPECT_EQ(Cvr("downloads --watch"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("[############            ]  50%"));
}

TEST_F(DownloadCommandsTest, ProgramsGetALinePerDownload) {
  server_.OnStream(kWatch, story_);
  EXPECT_EQ(Cvr("downloads --watch -o json"), 0) << Err();
  const std::vector<std::string> lines = absl::StrSplit(Out(), '\n');
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(json::parse(lines[0])["received"], "1024");
  EXPECT_EQ(json::parse(lines[1])["state"], "DONE");
}

TEST_F(DownloadCommandsTest, InterruptEndsTheWatchAndIsNoError) {
  server_.OnStream<v1::Downloads>(kWatch, story_,
                                  [] { kill(getpid(), SIGINT); });
  EXPECT_EQ(Cvr("downloads --watch"), 0) << Err();
  EXPECT_THAT(Err(), IsEmpty());
}

TEST_F(DownloadCommandsTest, StreamThatBreaksIsAnError) {
  server_.On<v1::WatchDownloadsRequest, v1::Downloads>(
      kWatch, [](const auto&, auto*) {
        return grpc::Status(grpc::StatusCode::INTERNAL, "broken");
      });
  EXPECT_EQ(Cvr("downloads --watch"), 1);
  EXPECT_EQ(Err(), "cvr: broken\n");
}

TEST_F(DownloadCommandsTest, DownloadsAreCancelledById) {
  std::vector<int64_t> cancelled;
  server_.On<v1::CancelDownloadRequest, google::protobuf::Empty>(
      "DownloadService/CancelDownload", [&](const auto& request, auto*) {
        cancelled.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("downloads cancel 3 5"), 0) << Err();
  EXPECT_THAT(cancelled, ::testing::ElementsAre(3, 5));
  EXPECT_THAT(Out() + Err(), HasSubstr("download 3 is cancelled"));
  EXPECT_THAT(Out() + Err(), HasSubstr("download 5 is cancelled"));
}

TEST_F(DownloadCommandsTest, CancelNeedsAnId) {
  EXPECT_EQ(Cvr("downloads cancel"), 1);
  EXPECT_THAT(Err(), HasSubstr("ID"));
}

TEST_F(DownloadCommandsTest, IntervalIsOfTheWatch) {
  EXPECT_EQ(Cvr("downloads --interval 2s"), 1);
  EXPECT_THAT(Err(), HasSubstr("--interval requires --watch"));
}

}  // namespace
}  // namespace cvr
