#include "services/concurrency/share_ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/errors.h"
#include "services/concurrency/keyed_counts.h"

namespace cvr {
namespace {

// What holds a share ends one by one.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

size_t UpstreamMax(const ShareLedger::Bounds& bounds) {
  if (bounds.upstream_max > 0) {
    return std::min(bounds.upstream_max, bounds.total);
  }
  return std::max<size_t>(1, bounds.total / 4);
}

}  // namespace

ShareLedger::ShareLedger(const Bounds& bounds)
    : total_(bounds.total),
      upstream_max_(UpstreamMax(bounds)),
      tenant_max_(
          std::min(total_, std::max(upstream_max_ + 1, bounds.total * 3 / 8))),
      // Whoever lets one upstream have all of it keeps nothing back.
      reserve_(std::min(bounds.total / 8,
                        total_ - std::min(total_, upstream_max_))) {}

size_t ShareLedger::HeldByUpstream(const ShareKey& key) const {
  return key.upstream_id == 0 ? 0 : CountOf(upstreams_, key.upstream_id);
}

size_t ShareLedger::HeldByTenant(const ShareKey& key) const {
  return key.tenant.empty() ? 0 : CountOf(tenants_, key.tenant);
}

ShareLedger::Verdict ShareLedger::Judge(const ShareKey& key) const {
  const size_t by_upstream = HeldByUpstream(key);
  const size_t by_tenant = HeldByTenant(key);
  if (by_upstream >= upstream_max_) return Verdict::kUpstreamFull;
  if (by_tenant >= tenant_max_) return Verdict::kTenantFull;
  const bool is_new =
      by_upstream == 0 && by_tenant == 0 && !(key == ShareKey());
  const size_t bound = is_new ? total_ : total_ - reserve_;
  return held_ < bound ? Verdict::kAdmitted : Verdict::kAllFull;
}

void ShareLedger::Take(const ShareKey& key) {
  ++held_;
  if (key.upstream_id != 0) ++upstreams_[key.upstream_id];
  if (!key.tenant.empty()) ++tenants_[key.tenant];
}

void ShareLedger::Return(const ShareKey& key, size_t count) {
  held_ -= std::min(held_, count);
  ReduceCount(upstreams_, key.upstream_id, count);
  ReduceCount(tenants_, key.tenant, count);
}

absl::Status ShareRefusal(ShareLedger::Verdict verdict, const ShareKey& key,
                          const char* what) {
  std::string whose;
  switch (verdict) {
    case ShareLedger::Verdict::kAdmitted:
      return absl::OkStatus();
    case ShareLedger::Verdict::kUpstreamFull:
      whose = absl::StrCat(" for upstream ", key.upstream_id);
      break;
    case ShareLedger::Verdict::kTenantFull:
      whose = absl::StrCat(" for group ", key.tenant);
      break;
    case ShareLedger::Verdict::kAllFull:
      break;
  }
  return WithRetryAfter(
      WithReason(absl::UnavailableError(absl::StrCat(
                     "too many ", what, " at once", whose, ": retry later")),
                 Reason::kOverloaded),
      kRetryAfter);
}

}  // namespace cvr
