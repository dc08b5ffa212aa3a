#ifndef SERVICES_ACCESS_ACCESS_QUESTION_H_
#define SERVICES_ACCESS_ACCESS_QUESTION_H_

#include <cstdint>
#include <string>

#include "services/access/access_policy.h"

namespace cvr {

// Whether somebody may do something to an object that is only named yet: where
// it belongs is known to the metadata service. A value type.
struct AccessQuestion {
  enum class Kind {
    kNone,  // No single object: a list, or the whole system.
    kGroup,
    kRegistry,
    kUpstream,
    kCacheEntry,
    kAttachment,
    kOperation,
  };

  AccessPolicy::Action action = AccessPolicy::Action::kAdminister;
  Kind kind = Kind::kNone;
  // Of all but groups; 0 = one that does not exist.
  int64_t id = 0;
  // Of a group; of what does not exist: what the caller calls it.
  std::string name = {};
};

// `registry 7`, `group acme`; empty for kNone.
std::string NameOfObject(const AccessQuestion& question);
// `registry`; empty for kNone.
const char* KindName(AccessQuestion::Kind kind);

}  // namespace cvr

#endif  // SERVICES_ACCESS_ACCESS_QUESTION_H_
