#include "services/blob/engine/walk/upstream_failures.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/errors.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

// The kind of failure in policies.
FailurePolicy::Actions FailurePolicy::*KindOf(const absl::Status& failure) {
  switch (failure.code()) {
    case absl::StatusCode::kNotFound:  // Otherwise there is no choice.
      return &FailurePolicy::hidden;
    case absl::StatusCode::kResourceExhausted:
      return &FailurePolicy::rate_limited;
    case absl::StatusCode::kPermissionDenied:
      // An address that the deployment does not allow is a fault of the
      // upstream, which revokes nothing by it.
      return ReasonOf(failure) == Reason::kUpstreamDenied
                 ? &FailurePolicy::denied
                 : &FailurePolicy::unavailable;
    default:
      return &FailurePolicy::unavailable;
  }
}

absl::Status WithSuffix(const absl::Status& status, absl::StatusCode code,
                        absl::string_view suffix) {
  return Restated(status, code, absl::StrCat(status.message(), suffix));
}

Denial DenialIn(const absl::Status& answer) {
  if (IsHidden(answer)) return Denial::kHidden;
  if (absl::IsNotFound(answer)) return Denial::kAbsent;
  if (absl::IsPermissionDenied(answer) &&
      ReasonOf(answer) == Reason::kUpstreamDenied) {
    return Denial::kRefused;
  }
  return Denial::kNone;
}

}  // namespace

Action ActionOn(const absl::Status& failure, const FailurePolicy& policy,
                const FailurePlace& place) {
  if (absl::IsNotFound(failure) && !IsHidden(failure)) return Action::kNext;
  if (absl::IsDeadlineExceeded(failure) || absl::IsCancelled(failure)) {
    return Action::kStop;
  }
  const auto kind = KindOf(failure);
  if (place.has_copy) return (policy.*kind).cached;
  return policy.WithoutCopy(kind, place.by_digest);
}

bool MayHaveStandIn(const absl::Status& failure) {
  return !absl::IsNotFound(failure) || IsHidden(failure);
}

absl::Status StoppedBy(const absl::Status& failure, const FailurePlace& place) {
  const bool is_hidden = IsHidden(failure);
  if (!is_hidden && ReasonOf(failure) != Reason::kUpstreamDenied) {
    return failure;
  }
  const absl::Status denied =
      WithSuffix(failure, absl::StatusCode::kPermissionDenied,
                 absl::StrCat("; ", is_hidden ? "--on-hidden" : "--on-denied",
                              place.by_digest ? " digest" : " tag",
                              "=next at this upstream passes over it"));
  return is_hidden ? WithReason(denied, Reason::kUpstreamDenied) : denied;
}

void NoteFailure(const absl::Status& failure, absl::Status& decisive) {
  if (!absl::IsNotFound(decisive)) return;
  if (!absl::IsNotFound(failure)) {
    decisive = failure;
  } else if (IsHidden(failure) && !IsHidden(decisive)) {
    decisive = WithSuffix(failure, failure.code(),
                          "; the option --on-hidden of this upstream sets "
                          "whether the pull continues");
  }
}

bool MayBeServedStale(const Candidate& candidate) {
  return candidate.cached && candidate.possessed &&
         candidate.cached->stale_for >= absl::ZeroDuration();
}

absl::Status KnownAnswer(int64_t upstream_id, Denial denial,
                         const absl::Status& unknown) {
  switch (denial) {
    case Denial::kNone:
      return absl::OkStatus();
    case Denial::kAbsent:
      return unknown;
    case Denial::kHidden:
      return AsHidden(Annotate(
          unknown,
          absl::StrCat("upstream ", upstream_id,
                       " answered 401 or 403 recently although it granted a "
                       "token, so the content is hidden from its credentials "
                       "(cached response; see --absence-ttl)")));
    case Denial::kRefused:
      break;
  }
  return errors::UpstreamDenied(absl::StrCat(upstream_id),
                                "the upstream answered 401 or 403 recently "
                                "(cached response; see --absence-ttl)");
}

void RecordAnswer(CacheRecorder& metadata, const UpstreamEpoch& upstream,
                  const ContentRef& content, const absl::Status& answer) {
  const Denial denial = DenialIn(answer);
  if (denial == Denial::kNone) return;
  const absl::Status recorded =
      metadata.RecordDenial(upstream, content, denial);
  if (recorded.ok()) return;
  spdlog::warn(
      "cannot record the response of upstream {} for {} (negative cache): {}",
      upstream.upstream_id, content.RelativePath(), recorded.ToString());
}

}  // namespace cvr
