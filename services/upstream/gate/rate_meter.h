#ifndef SERVICES_UPSTREAM_GATE_RATE_METER_H_
#define SERVICES_UPSTREAM_GATE_RATE_METER_H_

#include <optional>

#include "absl/time/time.h"
#include "services/upstream/api/upstream_health.h"
#include "services/upstream/http/rate_fields.h"

namespace cvr {

// Keeps what an upstream last said of its budget, and estimates what is left
// by now: requests come back evenly, `limit` in each window. Not thread-safe.
class RateMeter {
 public:
  void OnTold(const RateFields& fields, absl::Time now);
  void Reset() { told_.reset(); }

  // Nothing until it was told.
  std::optional<RateBudget> At(absl::Time now) const;

  // Whether less than `reserve_percent` of the limit is left. With 100 always,
  // once it was told; with 0 never.
  bool IsLow(int reserve_percent, absl::Time now) const;

 private:
  std::optional<RateBudget> told_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_GATE_RATE_METER_H_
