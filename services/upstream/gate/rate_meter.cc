#include "services/upstream/gate/rate_meter.h"

#include <algorithm>

namespace cvr {

void RateMeter::OnTold(const RateFields& fields, absl::Time now) {
  told_ = {fields.limit, fields.remaining, fields.window, now};
}

std::optional<RateBudget> RateMeter::At(absl::Time now) const {
  if (!told_) return std::nullopt;
  RateBudget budget = *told_;
  const absl::Duration since = std::clamp(now - budget.observe_time,
                                          absl::ZeroDuration(), budget.window);
  const double granted = static_cast<double>(budget.limit) *
                         absl::FDivDuration(since, budget.window);
  budget.remaining =
      std::min(budget.limit, budget.remaining + static_cast<int64_t>(granted));
  return budget;
}

bool RateMeter::IsLow(int reserve_percent, absl::Time now) const {
  const auto budget = At(now);
  if (!budget || reserve_percent <= 0) return false;
  if (reserve_percent >= 100) return true;
  // A limit has at most 40 bits: no overflow.
  return budget->remaining * 100 < budget->limit * reserve_percent;
}

}  // namespace cvr
