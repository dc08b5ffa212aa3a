#include "services/blob/engine/manifest/list_fetcher.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/blob/engine/download/content_streams.h"
#include "services/blob/engine/manifest/list_document.h"
#include "services/blob/engine/walk/candidate_walk.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

struct Part {
  const Candidate* candidate;
  ListPart list;
};

// What a document is made of, all of it.
std::string KeyOf(const ContentRef& content, const ListQuery& query,
                  const std::vector<ListText>& texts) {
  std::string key = absl::StrCat(static_cast<int>(content.kind), " ",
                                 query.n ? absl::StrCat(*query.n) : "all", " ",
                                 absl::CHexEscape(query.last), " ",
                                 absl::CHexEscape(query.artifact_type));
  for (const ListText& text : texts) {
    absl::StrAppend(&key, "\n", text.digest.ToString());
    for (const Rule& rule : text.tag_rules.rules()) {
      absl::StrAppend(&key, " ", static_cast<int>(rule.action),
                      static_cast<int>(rule.target), rule.pattern.is_regex(),
                      absl::CHexEscape(rule.pattern.text()));
    }
  }
  // Rules can be long.
  return Digest::OfBytes(key).ToString();
}

absl::Status Unknown(const ContentRef& content) {
  return errors::RepositoryUnknown(content.repository.name());
}

}  // namespace

// What is asked of one candidate while others are waited for: one of these.
struct ListFetcher::Pending {
  absl::Status known;
  std::optional<ListPart> stored;
  std::optional<Flights::Ticket> flight;
};

// The parts in order of precedence.
struct ListFetcher::Parts {
  std::vector<Part> parts;
  bool was_asked = false;
  // What the list ends with when no part is left: CandidateWalk::status().
  absl::Status failure;

  CacheStatus cache_status() const {
    const bool is_stale =
        std::any_of(parts.begin(), parts.end(), [](const Part& part) {
          return part.list.cache_status == CacheStatus::kStale;
        });
    if (is_stale) return CacheStatus::kStale;
    return was_asked ? CacheStatus::kMiss : CacheStatus::kHit;
  }
  int64_t upstream_id() const {
    return parts.empty() ? 0 : parts.front().candidate->upstream_id;
  }
};

ListFetcher::ListFetcher(const UpstreamTools& tools, FairPool& pool)
    : store_(tools.store),
      loader_(tools),
      // Nobody asks for an answer that came before his question.
      flights_(pool, [](const ListPart&) { return std::nullopt; }) {}

absl::StatusOr<std::unique_ptr<ContentStream>> ListFetcher::Fetch(
    const FetchRequest& request) {
  for (bool is_first = true;; is_first = false) {
    ASSIGN_OR_RETURN(const Parts found, Collect(request, is_first));
    // What is not there has no referrers; that is no error.
    const bool is_error = request.content.kind == ContentKind::kTags ||
                          !absl::IsNotFound(found.failure);
    if (found.parts.empty() && is_error) return found.failure;
    auto stream = Open(request, found);
    if (!is_first || !absl::IsDataLoss(stream.status())) return stream;
    // What is damaged is gone then, and all are asked anew.
    DropDamaged(found);
  }
}

absl::StatusOr<std::unique_ptr<ContentStream>> ListFetcher::Open(
    const FetchRequest& request, const Parts& found) {
  const bool is_tags = request.content.kind == ContentKind::kTags;
  std::vector<ListText> texts;
  for (const auto& [candidate, list] : found.parts) {
    texts.push_back({list.digest, list.text, candidate->tag_rules});
  }
  const auto make = [is_tags, &texts, &request] {
    return is_tags ? MakeTagsDocument(texts, request.list)
                   : MakeReferrersDocument(texts, request.list);
  };
  ASSIGN_OR_RETURN(const auto summary,
                   summaries_.Get(KeyOf(request.content, request.list, texts),
                                  {request.deadline, request.cancel}, make));
  StreamDescriptor descriptor = {
      {is_tags ? kJsonType : kIndexType, summary->digest, summary->size_bytes},
      found.cache_status(),
      found.upstream_id()};
  descriptor.goes_on_after = summary->goes_on_after;
  const StreamRequest stream_request = {request.range, request.header_only};
  if (!summary->whole.empty()) {
    return MakeBytesStream(descriptor, stream_request, summary->whole);
  }
  return MakeProducedStream(descriptor, stream_request,
                            [document = std::shared_ptr<ListDocument>(make())] {
                              return document->Next();
                            });
}

void ListFetcher::DropDamaged(const Parts& found) {
  for (const auto& [candidate, list] : found.parts) {
    for (uint64_t at = 0; at < list.text->size(); at += limits::kChunkBytes) {
      if (list.text->ReadChunk(at).ok()) continue;
      DropIfDamaged(store_, list.digest, at);
      break;
    }
  }
}

absl::StatusOr<ListFetcher::Parts> ListFetcher::Collect(
    const FetchRequest& request, bool may_be_stored) {
  const auto& candidates = request.plan.candidates;
  std::vector<Pending> all;
  for (const Candidate& candidate : candidates) {
    all.push_back(Begin({candidate.ContentOf(request.content), candidate},
                        {request.plan.group, candidate.upstream_id},
                        may_be_stored));
  }
  Parts found;
  CandidateWalk walk(/*by_digest=*/false, Unknown(request.content));
  for (size_t i = 0; i < all.size(); ++i) {
    const Candidate& candidate = candidates[i];
    found.was_asked = found.was_asked || all[i].flight.has_value();
    auto list = End(all[i], {request.deadline, request.cancel});
    if (list.ok()) {
      found.parts.push_back({&candidate, *std::move(list)});
      continue;
    }
    const absl::Status& failure = list.status();
    if (request.cancel.stop_requested()) return failure;
    auto copy = MayHaveStandIn(failure)
                    ? loader_.StaleCopy(
                          {candidate.ContentOf(request.content), candidate})
                    : std::nullopt;
    switch (
        walk.OnFailure(failure, candidate.failure_policy, copy.has_value())) {
      case Action::kServeStale:
        spdlog::warn("serving {} of upstream {} stale, revalidation failed: {}",
                     request.content.RelativePath(), candidate.upstream_id,
                     failure.ToString());
        found.parts.push_back({&candidate, *std::move(copy)});
        break;
      case Action::kStop:
        return walk.status();
      case Action::kNext:
        break;
    }
  }
  found.failure = walk.status();
  return found;
}

ListFetcher::Pending ListFetcher::Begin(const ListLoader::Question& question,
                                        const ShareKey& share,
                                        bool may_be_stored) {
  const auto& [content, candidate] = question;
  Pending pending;
  pending.known = KnownAnswer(candidate.upstream_id, candidate.negative_answer,
                              Unknown(content));
  if (!pending.known.ok()) return pending;
  if (may_be_stored) pending.stored = loader_.FindStored(question);
  if (pending.stored) return pending;
  pending.flight = flights_.Begin(
      absl::StrCat(candidate.upstream_id, "@", candidate.cache_epoch,
                   content.RelativePath()),
      share, [this, question] { return loader_.FromUpstream(question); });
  return pending;
}

absl::StatusOr<ListPart> ListFetcher::End(const Pending& pending,
                                          const Patience& patience) {
  RETURN_IF_ERROR(pending.known);
  if (pending.stored) return *pending.stored;
  return flights_.Wait(*pending.flight, patience);
}

}  // namespace cvr
