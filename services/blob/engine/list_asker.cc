#include "services/blob/engine/list_asker.h"

#include <utility>
#include <vector>

#include "services/blob/engine/list_document.h"
#include "services/blob/engine/possession.h"
#include "services/blob/engine/stored_document.h"
#include "services/blob/engine/upstream_failures.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

constexpr size_t kDocumentBytesMax = 2 * limits::kListBytesMax;

}  // namespace

ListAsker::ListAsker(BlobStore& store, UpstreamClient& upstream,
                     MetadataClient& metadata, const Clock& clock,
                     UpstreamHealth* health)
    : store_(store),
      upstream_(upstream),
      metadata_(metadata),
      clock_(clock),
      health_(health) {}

std::optional<ListPart> ListAsker::FindStored(const Question& question) {
  const auto& cached = question.candidate.cached;
  if (!cached || !cached->fresh || !question.candidate.possessed) {
    return std::nullopt;
  }
  auto bytes = LoadDocument(store_, cached->target.digest, kDocumentBytesMax);
  if (!bytes) return std::nullopt;
  return ListPart{*std::move(bytes)};
}

std::optional<ListPart> ListAsker::StaleCopy(const Question& question) {
  const Candidate& candidate = question.candidate;
  if (!MayBeServedStale(candidate, clock_.Now())) return std::nullopt;
  auto bytes =
      LoadDocument(store_, candidate.cached->target.digest, kDocumentBytesMax);
  if (!bytes) return std::nullopt;
  return ListPart{*std::move(bytes), ContentOrigin::kStale};
}

absl::StatusOr<ListPart> ListAsker::FromUpstream(const Question& question) {
  ASSIGN_OR_RETURN(const UpstreamAccess access,
                   metadata_.GetUpstreamAccess(question.candidate.upstream_id));
  if (auto copy = CopyThatSavesBudget(question, access)) {
    return *std::move(copy);
  }
  auto found = Ask(question, access);
  NoteAnswer(question, found.status());
  RETURN_IF_ERROR(found.status());
  return ListPart{Keep(question, access, *std::move(found)),
                  ContentOrigin::kMiss};
}

std::optional<ListPart> ListAsker::CopyThatSavesBudget(
    const Question& question, const UpstreamAccess& access) {
  const auto& policy = question.candidate.failure_policy;
  if (health_ == nullptr || policy.rate_limited.cached != Action::kServeStale ||
      !MayBeServedStale(question.candidate, clock_.Now()) ||
      !health_->IsSavingBudget(access)) {
    return std::nullopt;
  }
  auto copy = StaleCopy(question);
  if (copy) {
    spdlog::info("{} of upstream {} is served stale to save its budget",
                 question.content.RelativePath(), access.name);
  }
  return copy;
}

absl::StatusOr<ListAsker::Found> ListAsker::Ask(const Question& question,
                                                const UpstreamAccess& access) {
  if (question.content.kind == ContentKind::kReferrers) {
    return AskForReferrers(question, access);
  }
  ASSIGN_OR_RETURN(auto tags,
                   upstream_.ListTags(access, question.content.repository));
  return Found{TagsDocument(std::move(tags)), {}};
}

absl::StatusOr<ListAsker::Found> ListAsker::AskForReferrers(
    const Question& question, const UpstreamAccess& access) {
  const auto& [repository, reference, kind] = question.content;
  const Digest& subject = reference.digest();
  std::vector<Referrer> referrers;
  const auto texts = upstream_.ListReferrers(access, repository, subject);
  if (texts.ok()) {
    referrers = ParseReferrers(*texts);
  } else if (absl::IsNotFound(texts.status())) {
    const auto index =
        upstream_.GetManifest(access, repository, ReferrersTag(subject));
    if (index.ok()) {
      referrers = ReferrersIn(index->bytes);
    } else if (!absl::IsNotFound(index.status())) {
      return index.status();
    }
  } else {
    return texts.status();
  }
  Found found{ReferrersDocument(referrers), {}};
  for (const Referrer& referrer : referrers) {
    found.references.push_back(referrer.digest);
  }
  return found;
}

// To record a refusal is to drop the copy. So it is not, where the copy is to
// be served all the same.
void ListAsker::NoteAnswer(const Question& question,
                           const absl::Status& answer) {
  if (answer.ok()) return;
  const bool has_copy =
      absl::IsPermissionDenied(answer) && StaleCopy(question).has_value();
  if (ActionOn(answer, question.candidate.failure_policy,
               {.has_copy = has_copy}) == Action::kServeStale) {
    return;
  }
  RecordAnswer(metadata_, question.candidate.upstream_id, question.content,
               answer);
}

Chunk ListAsker::Keep(const Question& question, const UpstreamAccess& access,
                      Found found) {
  const int64_t upstream_id = question.candidate.upstream_id;
  const Digest digest = Digest::OfBytes(found.document);
  const Chunk bytes = Chunk::OfString(std::move(found.document));
  absl::Status status = store_.Open(digest).ok()
                            ? absl::OkStatus()
                            : StoreDocument(store_, digest, bytes);
  const auto& cached = question.candidate.cached;
  const bool is_known = question.candidate.possessed && cached &&
                        cached->target.digest == digest &&
                        IdentityOf(access) == IdentityOf(question.candidate);
  if (status.ok() && is_known) {
    status = metadata_.Touch(upstream_id, question.content, digest,
                             /*counts_as_download=*/false);
  } else if (status.ok()) {
    status = metadata_.Record({.upstream_id = upstream_id,
                               .content = question.content,
                               .target = {kJsonType, digest, bytes.size()},
                               .references = std::move(found.references),
                               .delivered_to = IdentityOf(access)});
  }
  if (!status.ok()) {
    spdlog::warn("{} of upstream {} is not kept: {}",
                 question.content.RelativePath(), upstream_id,
                 status.ToString());
  }
  return bytes;
}

}  // namespace cvr
