#ifndef SERVICES_POLICY_FAILURE_POLICY_H_
#define SERVICES_POLICY_FAILURE_POLICY_H_

namespace cvr {

// What a failure of an upstream means for a pull: design.md, section 4. What is
// not set is the table's default.
struct FailurePolicy {
  enum class Action {
    kServeStale,  // The cached copy, within its time; else as without one.
    kStop,        // The pull fails.
    kNext,        // The next upstream is asked.
  };
  struct Actions {
    Action cached;
    Action tag;     // Nothing is cached, a tag was asked for.
    Action digest;  // Nothing is cached, a digest was asked for.

    friend bool operator==(const Actions& a, const Actions& b) {
      return a.cached == b.cached && a.tag == b.tag && a.digest == b.digest;
    }
  };

  Actions unavailable = {Action::kServeStale, Action::kStop, Action::kNext};
  Actions rate_limited = {Action::kServeStale, Action::kStop, Action::kNext};
  Actions denied = {Action::kStop, Action::kStop, Action::kNext};
  Actions hidden = {Action::kNext, Action::kNext, Action::kNext};

  // What follows from a failure of that kind where nothing is cached:
  // kServeStale is the default of the place then.
  Action WithoutCopy(Actions FailurePolicy::*kind, bool by_digest) const {
    const Actions& own = this->*kind;
    const Action action = by_digest ? own.digest : own.tag;
    if (action != Action::kServeStale) return action;
    const Actions fallback = FailurePolicy().*kind;
    return by_digest ? fallback.digest : fallback.tag;
  }

  friend bool operator==(const FailurePolicy& a, const FailurePolicy& b) {
    return a.unavailable == b.unavailable && a.rate_limited == b.rate_limited &&
           a.denied == b.denied && a.hidden == b.hidden;
  }
};

}  // namespace cvr

#endif  // SERVICES_POLICY_FAILURE_POLICY_H_
