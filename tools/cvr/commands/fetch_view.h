#ifndef TOOLS_CVR_COMMANDS_FETCH_VIEW_H_
#define TOOLS_CVR_COMMANDS_FETCH_VIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "cvr/v1/fetch_service.pb.h"
#include "tools/cvr/client/environment.h"

namespace cvr {

// Fetches as a table.
std::string FetchTable(const std::vector<v1::Fetch>& fetches);

// Shows fetches while they go on. On a terminal those in flight are bars at
// the bottom, and those that have ended stay above; elsewhere what has changed
// is a line. Not thread-safe.
class FetchView {
 public:
  // `out` outlives it.
  FetchView(std::ostream& out, std::optional<Terminal> terminal)
      : out_(out), terminal_(terminal) {}

  // `fetches` are as of `now`, which does not fall.
  void Show(const v1::WatchFetchesResponse& fetches, absl::Time now);

 private:
  // Instances count their fetches for themselves.
  using Key = std::pair<std::string, int64_t>;
  static Key KeyOf(const v1::Fetch& fetch);

  // What was shown of a fetch before.
  struct Seen {
    int64_t received = 0;
    absl::Time time;
    v1::Fetch::State state = {};
  };

  void ShowBars(const v1::WatchFetchesResponse& fetches, absl::Time now);
  void ShowLines(const v1::WatchFetchesResponse& fetches, absl::Time now);
  std::string Line(const v1::Fetch& fetch, absl::Time now) const;
  std::string Bar(const v1::Fetch& fetch, absl::Time now) const;
  // `3.2 MiB/s`; empty when it is not known.
  std::string Rate(const v1::Fetch& fetch, absl::Time now) const;

  std::ostream& out_;
  const std::optional<Terminal> terminal_;
  std::map<Key, Seen> seen_;
  // Lines that are drawn over.
  int lines_ = 0;
};

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_FETCH_VIEW_H_
