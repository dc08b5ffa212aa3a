#include "services/process/quiet_log.h"

#include <utility>

#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);
constexpr size_t kCausesMax = 64;

}  // namespace

void QuietLog::Warn(absl::string_view cause, absl::string_view line) {
  const absl::Time now = clock_.SteadyNow();
  size_t left_out = 0;
  {
    MutexLock lock(&mutex_);
    const bool is_known =
        causes_.size() < kCausesMax || causes_.contains(cause);
    Cause& row = causes_[is_known ? cause : absl::string_view("")];
    if (now - row.written_at < kInterval) {
      ++row.left_out;
      return;
    }
    row.written_at = now;
    left_out = std::exchange(row.left_out, 0);
  }
  if (left_out == 0) {
    spdlog::warn("{}", std::string(line));
  } else {
    spdlog::warn("{} (and {} times since it was last written)",
                 std::string(line), left_out);
  }
}

}  // namespace cvr
