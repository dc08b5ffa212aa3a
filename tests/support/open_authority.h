#ifndef TESTS_SUPPORT_OPEN_AUTHORITY_H_
#define TESTS_SUPPORT_OPEN_AUTHORITY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/access/admin_authority.h"
#include "services/concurrency/mutex.h"

namespace cvr::testing {

// Lets everybody do everything, whatever they show, and keeps what was
// recorded. Thread-safe.
class OpenAuthority : public AdminAuthority {
 public:
  absl::StatusOr<Admission> Authorize(
      absl::string_view /*secret*/,
      absl::Span<const AccessQuestion> questions) override {
    MutexLock lock(&mutex_);
    const bool is_hidden = hidden_ && !questions.empty() &&
                           questions[0].kind == hidden_->first &&
                           questions[0].id == hidden_->second;
    return Admission{Caller::System(), "", "",
                     is_hidden ? std::optional<size_t>(0) : std::nullopt};
  }
  // Nobody may know of that object from now on.
  void Hide(AccessQuestion::Kind kind, int64_t id) {
    MutexLock lock(&mutex_);
    hidden_ = {kind, id};
  }
  absl::StatusOr<std::optional<int64_t>> FindByKey(
      const ResourceKey& key) override {
    MutexLock lock(&mutex_);
    const auto found = keys_.find({key.group, key.name});
    if (found == keys_.end()) return std::nullopt;
    return found->second;
  }
  // The id of what has the name in the group.
  void Name(const std::string& group, const std::string& name, int64_t id) {
    MutexLock lock(&mutex_);
    keys_[{group, name}] = id;
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
  std::optional<std::pair<AccessQuestion::Kind, int64_t>> hidden_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, int64_t> keys_
      ABSL_GUARDED_BY(mutex_);
  std::vector<v1::AuditEvent> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_OPEN_AUTHORITY_H_
