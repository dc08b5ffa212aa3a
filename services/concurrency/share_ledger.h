#ifndef SERVICES_CONCURRENCY_SHARE_LEDGER_H_
#define SERVICES_CONCURRENCY_SHARE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/status/status.h"

namespace cvr {

// The tenant and the upstream for which something is done, in whose shares it
// counts. An empty tenant or upstream 0 has no share: such work counts towards
// the total only. A value type.
struct ShareKey {
  std::string tenant = {};  // The group's name.
  int64_t upstream_id = 0;

  friend bool operator==(const ShareKey& a, const ShareKey& b) {
    return std::tie(a.tenant, a.upstream_id) ==
           std::tie(b.tenant, b.upstream_id);
  }
  friend bool operator<(const ShareKey& a, const ShareKey& b) {
    return std::tie(a.tenant, a.upstream_id) <
           std::tie(b.tenant, b.upstream_id);
  }
};

// Fair shares of a limited number of places (threads, entries of a queue). It
// counts the places that each tenant and upstream holds, and says whether one
// more is admitted, so that no upstream and no tenant can hold all of them:
//
// * an upstream holds at most a quarter of the places;
// * a tenant holds at most three eighths, and at least one more than one of its
//   upstreams, so that a slow upstream leaves a place to the tenant's others;
// * the last eighth is for tenants and upstreams that hold none.
//
// Not thread-safe.
class ShareLedger {
 public:
  struct Bounds {
    size_t total = 0;
    // Per upstream; 0 = a quarter of the total, at least 1.
    size_t upstream_max = 0;
  };

  // Whether there is a place, and if not, which share is used up.
  enum class Verdict { kAdmitted, kUpstreamFull, kTenantFull, kAllFull };

  explicit ShareLedger(const Bounds& bounds);

  Verdict Judge(const ShareKey& key) const;
  bool Admits(const ShareKey& key) const {
    return Judge(key) == Verdict::kAdmitted;
  }
  // Takes a place, even if Judge() does not admit it.
  void Take(const ShareKey& key);
  // Returns `count` of the places that `key` holds.
  void Return(const ShareKey& key, size_t count = 1);

  size_t held() const { return held_; }
  size_t upstream_max() const { return upstream_max_; }
  size_t tenant_max() const { return tenant_max_; }

 private:
  size_t HeldByUpstream(const ShareKey& key) const;
  size_t HeldByTenant(const ShareKey& key) const;

  const size_t total_;
  const size_t upstream_max_;
  const size_t tenant_max_;
  const size_t reserve_;
  size_t held_ = 0;
  // Only upstreams and tenants that hold a place.
  std::map<int64_t, size_t> upstreams_;
  std::map<std::string, size_t> tenants_;
};

// The error for `verdict`: UNAVAILABLE with a Retry-After and a message that
// says whether the upstream, the tenant or the whole system has too many of
// `what` ("downloads"). OK for kAdmitted.
absl::Status ShareRefusal(ShareLedger::Verdict verdict, const ShareKey& key,
                          const char* what);

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_SHARE_LEDGER_H_
