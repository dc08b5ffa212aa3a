#include "services/blob/engine/manifest/list_loader.h"

#include <sstream>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "services/blob/engine/manifest/list_document.h"
#include "services/blob/engine/walk/possession.h"
#include "services/blob/engine/walk/text_lines.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/referrer_line.h"
#include "services/common/status_macros.h"
#include "services/common/tag_order.h"
#include "services/upstream/api/list_page.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

const char* TextKindOf(const ContentRef& content) {
  return content.kind == ContentKind::kTags ? kTagsText : kReferrersText;
}

// Of several with one digest the first stays.
void KeepEachDigestOnce(UpstreamList& referrers) {
  absl::flat_hash_set<absl::string_view> seen;
  referrers.Drop([&seen](absl::string_view line) {
    const auto referrer = ParseReferrerLine(line);
    return !referrer || !seen.insert(referrer->digest).second;
  });
}

std::vector<Digest> DigestsOf(const UpstreamList& referrers) {
  std::vector<Digest> digests;
  for (const absl::string_view line : referrers.texts()) {
    const auto referrer = ParseReferrerLine(line);
    const auto digest =
        Digest::Parse(referrer ? referrer->digest : absl::string_view());
    if (digest.ok()) digests.push_back(*digest);
  }
  return digests;
}

}  // namespace

ListLoader::ListLoader(const UpstreamTools& tools)
    : store_(tools.store),
      upstream_(tools.upstream),
      metadata_(tools.metadata),
      accesses_(tools.accesses),
      copies_(tools.metadata, tools.health) {}

std::optional<ListPart> ListLoader::FindStored(const Question& question) {
  const auto& cached = question.candidate.cached;
  if (!cached || !cached->fresh || !question.candidate.possessed) {
    return std::nullopt;
  }
  return OpenCached(question);
}

std::optional<ListPart> ListLoader::StaleCopy(const Question& question) {
  if (!MayBeServedStale(question.candidate)) return std::nullopt;
  auto part = OpenCached(question);
  if (part) part->cache_status = CacheStatus::kStale;
  return part;
}

std::optional<ListPart> ListLoader::OpenCached(const Question& question) {
  const Descriptor& target = question.candidate.cached->target;
  // Lists of earlier revisions are other texts.
  if (target.media_type != TextKindOf(question.content)) return std::nullopt;
  auto text = store_.Open(target.digest);
  if (!text.ok()) return std::nullopt;
  return ListPart{target.digest, *std::move(text)};
}

absl::StatusOr<ListPart> ListLoader::FromUpstream(const Question& question) {
  if (auto copy = CopyThatSavesBudget(question)) return *std::move(copy);
  ASSIGN_OR_RETURN(const auto access,
                   accesses_.Get(question.candidate.epoch(),
                                 question.candidate.upstream_version));
  auto found = Ask(question, *access);
  // A copy of a list is opened, not read, to see whether it is there.
  copies_.NoteAnswer(question.content, question.candidate, found.status(),
                     [&] { return StaleCopy(question).has_value(); });
  RETURN_IF_ERROR(found.status());
  return Keep(question, *access, *std::move(found));
}

std::optional<ListPart> ListLoader::CopyThatSavesBudget(
    const Question& question) {
  if (!copies_.IsBudgetToBeSaved(question.content, question.candidate)) {
    return std::nullopt;
  }
  auto copy = StaleCopy(question);
  if (copy) {
    spdlog::info(
        "serving {} of upstream {} stale: its rate limit is nearly used up",
        question.content.RelativePath(), question.candidate.upstream_id);
  }
  return copy;
}

absl::StatusOr<UpstreamList> ListLoader::Ask(const Question& question,
                                             const UpstreamAccess& access) {
  if (question.content.kind == ContentKind::kReferrers) {
    return AskForReferrers(question, access);
  }
  ASSIGN_OR_RETURN(UpstreamList tags,
                   upstream_.ListTags(access, question.content.repository));
  tags.SortAndKeepEachOnce(TagPrecedes);
  return tags;
}

absl::StatusOr<UpstreamList> ListLoader::AskForReferrers(
    const Question& question, const UpstreamAccess& access) {
  const auto& [repository, reference, kind] = question.content;
  const Digest& subject = reference.digest();
  auto referrers = upstream_.ListReferrers(access, repository, subject);
  if (absl::IsNotFound(referrers.status())) {
    referrers = UpstreamList(limits::kReferrersMax);
    const auto index =
        upstream_.GetManifest(access, repository, ReferrersTag(subject));
    if (!index.ok() && MayHaveStandIn(index.status())) return index.status();
    // What is no index lists nothing.
    if (index.ok()) {
      std::istringstream json(index->bytes);
      ReadReferrersPage(json, *referrers);
      referrers->set_room(index->room);
    }
  }
  RETURN_IF_ERROR(referrers.status());
  KeepEachDigestOnce(*referrers);
  return referrers;
}

ListPart ListLoader::Keep(const Question& question,
                          const UpstreamAccess& access, UpstreamList list) {
  const char* const kind = TextKindOf(question.content);
  StoredText text = StoreText(store_, kind, list.texts(), list.room());
  if (text.not_stored.ok()) {
    RecordText(question, access, {kind, text.digest, text.size_bytes}, list);
  } else {
    spdlog::warn("cannot cache {} of upstream {}: {}",
                 question.content.RelativePath(),
                 question.candidate.upstream_id, text.not_stored.ToString());
  }
  return {text.digest, std::move(text.reader), CacheStatus::kMiss};
}

void ListLoader::RecordText(const Question& question,
                            const UpstreamAccess& access,
                            const Descriptor& target,
                            const UpstreamList& list) {
  const int64_t upstream_id = question.candidate.upstream_id;
  const auto& cached = question.candidate.cached;
  const int64_t identity = IdentityOf(access);
  const bool is_same = question.candidate.possessed &&
                       identity == IdentityOf(question.candidate) && cached &&
                       cached->target.digest == target.digest &&
                       cached->target.media_type == target.media_type;
  std::vector<Digest> references;
  if (!is_same && question.content.kind == ContentKind::kReferrers) {
    references = DigestsOf(list);
  }
  const absl::Status status =
      is_same
          ? metadata_.Touch(question.candidate.epoch(), question.content,
                            target.digest,
                            /*counts_as_pull=*/false)
          : metadata_.Record({.upstream_id = upstream_id,
                              .content = question.content,
                              .target = target,
                              .references = std::move(references),
                              .delivered_to = identity,
                              .cache_epoch = question.candidate.cache_epoch});
  if (!status.ok()) {
    spdlog::warn("{} of upstream {} is not recorded: {}",
                 question.content.RelativePath(), upstream_id,
                 status.ToString());
  }
}

}  // namespace cvr
