#ifndef SERVICES_CONCURRENCY_SHARE_LEDGER_H_
#define SERVICES_CONCURRENCY_SHARE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/status/status.h"

namespace cvr {

// For whom something is done. What is for nobody in particular, an empty tenant
// or upstream 0, counts towards the whole only. A value type.
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

// Who holds how many of a bounded number of places, so that no upstream and no
// tenant can hold all of them: one upstream has at most a quarter, one tenant
// three eighths (at least one more than one of its upstreams, so that a slow
// one leaves something to its others), and the last eighth is kept for those
// who hold none. Not thread-safe.
class ShareLedger {
 public:
  struct Bounds {
    size_t total = 0;
    // Per upstream; 0 = a quarter of the total, at least 1.
    size_t upstream_max = 0;
  };

  // Why there is no place.
  enum class Verdict { kAdmitted, kUpstreamFull, kTenantFull, kAllFull };

  explicit ShareLedger(const Bounds& bounds);

  Verdict Judge(const ShareKey& key) const;
  bool Admits(const ShareKey& key) const {
    return Judge(key) == Verdict::kAdmitted;
  }
  // Takes a place, whether Judge() admits that or not.
  void Take(const ShareKey& key);
  // `count` of the places that `key` holds are free again.
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
  // Only what holds something.
  std::map<int64_t, size_t> upstreams_;
  std::map<std::string, size_t> tenants_;
};

// UNAVAILABLE with a Retry-After: `what` ("downloads") are refused to that
// upstream, to that tenant, or to all. Of kAdmitted: OK.
absl::Status ShareRefusal(ShareLedger::Verdict verdict, const ShareKey& key,
                          const char* what);

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_SHARE_LEDGER_H_
