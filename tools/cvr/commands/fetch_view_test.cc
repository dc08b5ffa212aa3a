#include "tools/cvr/commands/fetch_view.h"

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

class FetchViewTest : public ::testing::Test {
 protected:
  v1::Fetch& Have(int64_t id, v1::Fetch::State state, int64_t received,
                  int64_t size) {
    auto& fetch = *fetches_.add_fetches();
    fetch.set_id(id);
    fetch.set_repository("library/alpine");
    fetch.set_digest("sha256:0123456789abcdef");
    fetch.set_state(state);
    fetch.set_received_bytes(received);
    fetch.set_size_bytes(size);
    fetch.set_reader_count(1);
    return fetch;
  }

  // Shows what there is, a second later than before, and forgets it.
  std::string Show(FetchView& view) {
    out_.str("");
    now_ += absl::Seconds(1);
    view.Show(fetches_, now_);
    fetches_.Clear();
    return out_.str();
  }

  v1::WatchFetchesResponse fetches_;
  std::ostringstream out_;
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
};

TEST_F(FetchViewTest, LinesTellWhatHasChanged) {
  FetchView view(out_, std::nullopt);
  Have(1, v1::Fetch::STATE_QUEUED, 0, 0);
  EXPECT_EQ(Show(view),
            "2023-11-14T22:13:21Z queued library/alpine sha256:0123456789ab 0 "
            "B\n");
  Have(1, v1::Fetch::STATE_QUEUED, 0, 0);
  EXPECT_THAT(Show(view), IsEmpty());
  Have(1, v1::Fetch::STATE_RUNNING, 2 * kMiB, 8 * kMiB);
  EXPECT_EQ(Show(view),
            "2023-11-14T22:13:23Z running library/alpine sha256:0123456789ab "
            "2.0 MiB of 8.0 MiB, 2.0 MiB/s\n");
  Have(1, v1::Fetch::STATE_FAILED, 2 * kMiB, 8 * kMiB);
  EXPECT_THAT(Show(view), HasSubstr(" failed library/alpine"));
}

TEST_F(FetchViewTest, BarsAreDrawnOverAndWhatEndedStays) {
  FetchView view(out_, Terminal{100, 24});
  Have(1, v1::Fetch::STATE_RUNNING, 2 * kMiB, 8 * kMiB);
  Have(2, v1::Fetch::STATE_QUEUED, 0, 0);
  const std::string first = Show(view);
  EXPECT_THAT(first, Not(HasSubstr("\x1b")));
  EXPECT_THAT(first, HasSubstr("[######                  ]  25%"));
  EXPECT_THAT(first, HasSubstr("2.0 MiB of 8.0 MiB"));
  EXPECT_THAT(first, HasSubstr("queued"));
  Have(1, v1::Fetch::STATE_SUCCEEDED, 8 * kMiB, 8 * kMiB);
  Have(2, v1::Fetch::STATE_RUNNING, kMiB, 0);
  const std::string second = Show(view);
  EXPECT_THAT(second, StartsWith("\x1b[2A\r\x1b[Jsucceeded library/alpine "
                                 "sha256:0123456789ab 8.0 MiB of 8.0 MiB, 6.0 "
                                 "MiB/s\n"));
  EXPECT_THAT(second, HasSubstr("   ?"));
  EXPECT_EQ(Show(view), "\x1b[1A\r\x1b[Jno fetches in progress\n");
}

TEST_F(FetchViewTest, FetchesOfTwoInstancesAreTwo) {
  FetchView view(out_, std::nullopt);
  Have(1, v1::Fetch::STATE_RUNNING, kMiB, 0).set_instance("blob-1");
  Have(1, v1::Fetch::STATE_RUNNING, 5 * kMiB, 0).set_instance("blob-2");
  Show(view);
  Have(1, v1::Fetch::STATE_RUNNING, 2 * kMiB, 0).set_instance("blob-1");
  Have(1, v1::Fetch::STATE_RUNNING, 5 * kMiB, 0).set_instance("blob-2");
  // The second has not changed.
  EXPECT_EQ(Show(view),
            "2023-11-14T22:13:22Z running library/alpine sha256:0123456789ab "
            "2.0 MiB, 1.0 MiB/s\n");
}

TEST_F(FetchViewTest, NoBarWrapsWhateverTheWindow) {
  for (const int columns : {20, 40, 80, 200}) {
    FetchView view(out_, Terminal{columns, 24});
    Have(1, v1::Fetch::STATE_RUNNING, kMiB, 8 * kMiB)
        .set_repository(std::string(200, 'x'));
    const std::vector<std::string> lines = absl::StrSplit(Show(view), '\n');
    EXPECT_LT(lines[0].size(), columns);
  }
}

TEST_F(FetchViewTest, WindowThatIsTooLowShowsHowManyMore) {
  FetchView view(out_, Terminal{80, 5});
  for (int id = 1; id <= 10; ++id) {
    Have(id, v1::Fetch::STATE_RUNNING, kMiB, 8 * kMiB);
  }
  EXPECT_THAT(Show(view), EndsWith("and 7 more\n"));
  EXPECT_THAT(Show(view), StartsWith("\x1b[4A"));
}

TEST_F(FetchViewTest, NamesCannotDriveTheTerminal) {
  FetchView view(out_, Terminal{100, 24});
  Have(1, v1::Fetch::STATE_RUNNING, 0, 0).set_repository("a\x1b[2J");
  EXPECT_THAT(Show(view), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace cvr
