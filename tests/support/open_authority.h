#ifndef TESTS_SUPPORT_OPEN_AUTHORITY_H_
#define TESTS_SUPPORT_OPEN_AUTHORITY_H_

#include <utility>
#include <vector>

#include "services/common/mutex.h"
#include "services/metadata/admin_authority.h"

namespace cvr::testing {

// Lets everybody do everything, whatever they show, and keeps what was
// recorded. Thread-safe.
class OpenAuthority : public AdminAuthority {
 public:
  absl::StatusOr<Admission> Authorize(
      absl::string_view /*secret*/,
      absl::Span<const AccessQuestion> /*questions*/) override {
    return Admission{Caller::System(), "", std::nullopt};
  }
  void Record(v1::AuditEvent event) override {
    MutexLock lock(&mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<v1::AuditEvent> events() {
    MutexLock lock(&mutex_);
    return events_;
  }

 private:
  Mutex mutex_;
  std::vector<v1::AuditEvent> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_OPEN_AUTHORITY_H_
