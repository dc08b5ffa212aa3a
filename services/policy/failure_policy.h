#ifndef SERVICES_POLICY_FAILURE_POLICY_H_
#define SERVICES_POLICY_FAILURE_POLICY_H_

namespace cvr {

// How a pull goes on when an upstream fails: serve the cached copy although it
// is stale, fail, or ask the next upstream. The action depends on the kind of
// failure, on whether there is a cached copy, and on whether the client asked
// for a tag or a digest. The initial values are the defaults for an upstream.
struct FailurePolicy {
  enum class Action {
    kServeStale,  // Serve the copy within its time; else as without one.
    kStop,        // The pull fails.
    kNext,        // The pull asks the next upstream.
  };
  struct Actions {
    Action cached;
    Action tag;     // No cached copy; the client asked for a tag.
    Action digest;  // No cached copy; the client asked for a digest.

    friend bool operator==(const Actions& a, const Actions& b) {
      return a.cached == b.cached && a.tag == b.tag && a.digest == b.digest;
    }
  };

  Actions unavailable = {Action::kServeStale, Action::kStop, Action::kNext};
  Actions rate_limited = {Action::kServeStale, Action::kStop, Action::kNext};
  Actions refused = {Action::kStop, Action::kStop, Action::kNext};
  Actions hidden = {Action::kNext, Action::kNext, Action::kNext};

  // The action for a failure of `kind` if there is no cached copy. Where the
  // policy says kServeStale, which needs a copy, the default action applies.
  Action WithoutCopy(Actions FailurePolicy::*kind, bool by_digest) const {
    const Actions& own = this->*kind;
    const Action action = by_digest ? own.digest : own.tag;
    if (action != Action::kServeStale) return action;
    const Actions fallback = FailurePolicy().*kind;
    return by_digest ? fallback.digest : fallback.tag;
  }

  friend bool operator==(const FailurePolicy& a, const FailurePolicy& b) {
    return a.unavailable == b.unavailable && a.rate_limited == b.rate_limited &&
           a.refused == b.refused && a.hidden == b.hidden;
  }
};

}  // namespace cvr

#endif  // SERVICES_POLICY_FAILURE_POLICY_H_
