#include "tools/cvr/commands/download_view.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kMiB = 1 << 20;

class DownloadViewTest : public ::testing::Test {
 protected:
  v1::DownloadInFlight& Have(int64_t id, v1::DownloadInFlight::State state,
                             int64_t received, int64_t size) {
    auto& download = *downloads_.add_downloads();
    download.set_id(id);
    download.set_repository("library/alpine");
    download.set_digest("sha256:0123456789abcdef");
    download.set_state(state);
    download.set_received(received);
    download.set_size(size);
    download.set_readers(1);
    return download;
  }

  // Shows what there is, a second later than before, and forgets it.
  std::string Show(DownloadView& view) {
    out_.str("");
    now_ += absl::Seconds(1);
    view.Show(downloads_, now_);
    downloads_.Clear();
    return out_.str();
  }

  v1::Downloads downloads_;
  std::ostringstream out_;
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
};

TEST_F(DownloadViewTest, LinesTellWhatHasChanged) {
  DownloadView view(out_, std::nullopt);
  Have(1, v1::DownloadInFlight::QUEUED, 0, 0);
  EXPECT_EQ(Show(view),
            "2023-11-14T22:13:21Z queued library/alpine sha256:0123456789ab 0 "
            "B\n");
  Have(1, v1::DownloadInFlight::QUEUED, 0, 0);
  EXPECT_THAT(Show(view), IsEmpty());
  Have(1, v1::DownloadInFlight::RUNNING, 2 * kMiB, 8 * kMiB);
  EXPECT_EQ(Show(view),
            "2023-11-14T22:13:23Z running library/alpine sha256:0123456789ab "
            "2.0 MiB of 8.0 MiB, 2.0 MiB/s\n");
  Have(1, v1::DownloadInFlight::FAILED, 2 * kMiB, 8 * kMiB);
  EXPECT_THAT(Show(view), HasSubstr(" failed library/alpine"));
}

TEST_F(DownloadViewTest, BarsAreDrawnOverAndWhatEndedStays) {
  DownloadView view(out_, Terminal{100, 24});
  Have(1, v1::DownloadInFlight::RUNNING, 2 * kMiB, 8 * kMiB);
  Have(2, v1::DownloadInFlight::QUEUED, 0, 0);
  const std::string first = Show(view);
  EXPECT_THAT(first, Not(HasSubstr("\x1b")));
  EXPECT_THAT(first, HasSubstr("[######                  ]  25%"));
  EXPECT_THAT(first, HasSubstr("2.0 MiB of 8.0 MiB"));
  EXPECT_THAT(first, HasSubstr("queued"));
  Have(1, v1::DownloadInFlight::DONE, 8 * kMiB, 8 * kMiB);
  Have(2, v1::DownloadInFlight::RUNNING, kMiB, 0);
  const std::string second = Show(view);
  EXPECT_THAT(second, StartsWith("\x1b[2A\r\x1b[Jdone library/alpine "
                                 "sha256:0123456789ab 8.0 MiB of 8.0 MiB, 6.0 "
                                 "MiB/s\n"));
  EXPECT_THAT(second, HasSubstr("   ?"));
  EXPECT_EQ(Show(view), "\x1b[1A\r\x1b[Jno downloads in progress\n");
}

TEST_F(DownloadViewTest, NoBarWrapsWhateverTheWindow) {
  for (const int columns : {20, 40, 80, 200}) {
    DownloadView view(out_, Terminal{columns, 24});
    Have(1, v1::DownloadInFlight::RUNNING, kMiB, 8 * kMiB)
        .set_repository(std::string(200, 'x'));
    const std::vector<std::string> lines = absl::StrSplit(Show(view), '\n');
    EXPECT_LT(lines[0].size(), columns);
  }
}

TEST_F(DownloadViewTest, WindowThatIsTooLowShowsHowManyMore) {
  DownloadView view(out_, Terminal{80, 5});
  for (int id = 1; id <= 10; ++id) {
    Have(id, v1::DownloadInFlight::RUNNING, kMiB, 8 * kMiB);
  }
  EXPECT_THAT(Show(view), EndsWith("and 7 more\n"));
  EXPECT_THAT(Show(view), StartsWith("\x1b[4A"));
}

TEST_F(DownloadViewTest, NamesCannotDriveTheTerminal) {
  DownloadView view(out_, Terminal{100, 24});
  Have(1, v1::DownloadInFlight::RUNNING, 0, 0).set_repository("a\x1b[2J");
  EXPECT_THAT(Show(view), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace cvr
