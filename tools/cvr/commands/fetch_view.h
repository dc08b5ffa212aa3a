#ifndef TOOLS_CVR_COMMANDS_DOWNLOAD_VIEW_H_
#define TOOLS_CVR_COMMANDS_DOWNLOAD_VIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cvr/v1/download_service.pb.h"
#include "tools/cvr/client/environment.h"

namespace cvr {

// Downloads as a table.
std::string DownloadTable(const std::vector<v1::DownloadInFlight>& downloads);

// Shows downloads while they go on. On a terminal those in flight are bars at
// the bottom, and those that have ended stay above; elsewhere what has changed
// is a line. Not thread-safe.
class DownloadView {
 public:
  // `out` outlives it.
  DownloadView(std::ostream& out, std::optional<Terminal> terminal)
      : out_(out), terminal_(terminal) {}

  // `downloads` are as of `now`, which does not fall.
  void Show(const v1::Downloads& downloads, absl::Time now);

 private:
  // What was shown of a download before.
  struct Seen {
    int64_t received = 0;
    absl::Time time;
    v1::DownloadInFlight::State state = {};
  };

  void ShowBars(const v1::Downloads& downloads, absl::Time now);
  void ShowLines(const v1::Downloads& downloads, absl::Time now);
  std::string Line(const v1::DownloadInFlight& download, absl::Time now) const;
  std::string Bar(const v1::DownloadInFlight& download, absl::Time now) const;
  // `3.2 MiB/s`; empty when it is not known.
  std::string Rate(const v1::DownloadInFlight& download, absl::Time now) const;

  std::ostream& out_;
  const std::optional<Terminal> terminal_;
  std::map<int64_t, Seen> seen_;
  // Lines that are drawn over.
  int lines_ = 0;
};

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_DOWNLOAD_VIEW_H_
