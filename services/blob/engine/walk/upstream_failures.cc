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
      return ReasonOf(failure) == Reason::kUpstreamRefused
                 ? &FailurePolicy::refused
                 : &FailurePolicy::unavailable;
    default:
      return &FailurePolicy::unavailable;
  }
}

absl::Status WithSuffix(const absl::Status& status, absl::StatusCode code,
                        absl::string_view suffix) {
  return Restated(status, code, absl::StrCat(status.message(), suffix));
}

NegativeAnswer NegativeAnswerIn(const absl::Status& answer) {
  if (IsHidden(answer)) return NegativeAnswer::kHidden;
  if (absl::IsNotFound(answer)) return NegativeAnswer::kNotFound;
  if (absl::IsPermissionDenied(answer) &&
      ReasonOf(answer) == Reason::kUpstreamRefused) {
    return NegativeAnswer::kRefused;
  }
  return NegativeAnswer::kNone;
}

}  // namespace

Action ActionOn(const absl::Status& failure, const FailurePolicy& policy,
                const FailureContext& context) {
  if (absl::IsNotFound(failure) && !IsHidden(failure)) return Action::kNext;
  if (absl::IsDeadlineExceeded(failure) || absl::IsCancelled(failure)) {
    return Action::kStop;
  }
  const auto kind = KindOf(failure);
  if (context.has_copy) return (policy.*kind).cached;
  return policy.WithoutCopy(kind, context.by_digest);
}

bool MayHaveStandIn(const absl::Status& failure) {
  return !absl::IsNotFound(failure) || IsHidden(failure);
}

absl::Status StoppedBy(const absl::Status& failure,
                       const FailureContext& context) {
  const bool is_hidden = IsHidden(failure);
  if (!is_hidden && ReasonOf(failure) != Reason::kUpstreamRefused) {
    return failure;
  }
  const absl::Status denied =
      WithSuffix(failure, absl::StatusCode::kPermissionDenied,
                 absl::StrCat("; ", is_hidden ? "--on-hidden" : "--on-refused",
                              context.by_digest ? " digest" : " tag",
                              "=next at this upstream passes over it"));
  return is_hidden ? WithReason(denied, Reason::kUpstreamRefused) : denied;
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

absl::Status KnownAnswer(int64_t upstream_id, NegativeAnswer negative_answer,
                         const absl::Status& unknown) {
  switch (negative_answer) {
    case NegativeAnswer::kNone:
      return absl::OkStatus();
    case NegativeAnswer::kNotFound:
      return unknown;
    case NegativeAnswer::kHidden:
      return AsHidden(Annotate(
          unknown,
          absl::StrCat("upstream ", upstream_id,
                       " answered 401 or 403 recently although it granted a "
                       "token, so the content is hidden from its credentials "
                       "(cached response; see --negative-ttl)")));
    case NegativeAnswer::kRefused:
      break;
  }
  return errors::UpstreamRefused(absl::StrCat(upstream_id),
                                 "the upstream answered 401 or 403 recently "
                                 "(cached response; see --negative-ttl)");
}

void RecordAnswer(CacheRecorder& metadata, const UpstreamEpoch& upstream,
                  const ContentRef& content, const absl::Status& answer) {
  const NegativeAnswer negative_answer = NegativeAnswerIn(answer);
  if (negative_answer == NegativeAnswer::kNone) return;
  const absl::Status recorded =
      metadata.RecordNegativeAnswer(upstream, content, negative_answer);
  if (recorded.ok()) return;
  spdlog::warn(
      "cannot record the response of upstream {} for {} (negative cache): {}",
      upstream.upstream_id, content.RelativePath(), recorded.ToString());
}

}  // namespace cvr
