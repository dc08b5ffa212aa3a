#ifndef TESTS_SUPPORT_FAKE_UPSTREAM_HEALTH_H_
#define TESTS_SUPPORT_FAKE_UPSTREAM_HEALTH_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "services/concurrency/mutex.h"
#include "services/upstream/api/upstream_health.h"

namespace cvr::testing {

// All upstreams are well, save those whose budget the test says is nearly
// spent. Thread-safe.
class FakeUpstreamHealth : public UpstreamHealth {
 public:
  // From now on.
  void SaveBudgetOf(int64_t upstream_id) {
    MutexLock lock(&mutex_);
    saved_.insert(upstream_id);
  }

  bool IsSavingBudget(int64_t upstream_id, int /*reserve_percent*/) override {
    MutexLock lock(&mutex_);
    return saved_.contains(upstream_id);
  }
  std::vector<UpstreamState> States() const override { return {}; }

 private:
  mutable Mutex mutex_;
  absl::flat_hash_set<int64_t> saved_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_FAKE_UPSTREAM_HEALTH_H_
