#ifndef SERVICES_UPSTREAM_GATE_RATE_METER_H_
#define SERVICES_UPSTREAM_GATE_RATE_METER_H_

#include <optional>

#include "absl/time/time.h"
#include "services/upstream/api/upstream_health.h"
#include "services/upstream/http/rate_fields.h"

namespace cvr {

// Estimates how much of an upstream's rate limit is left, from the RateLimit
// headers that it last sent. Requests are assumed to come back evenly: `limit`
// in each window. Not thread-safe.
class RateMeter {
 public:
  void OnTold(const RateFields& fields, absl::Time now);
  void Reset() { told_.reset(); }

  // The estimate at `now`; nothing before the upstream has sent its limit.
  std::optional<RateBudget> At(absl::Time now) const;

  // Whether less than `reserve_percent` of the limit is left: always with 100,
  // once the upstream has sent its limit, and never with 0.
  bool IsLow(int reserve_percent, absl::Time now) const;

 private:
  std::optional<RateBudget> told_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_RATE_METER_H_
