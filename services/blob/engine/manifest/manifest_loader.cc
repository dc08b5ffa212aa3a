#include "services/blob/engine/manifest/manifest_loader.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/blob/engine/walk/possession.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/manifest_facts.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Question = ManifestLoader::Question;

void LogIfFailed(const char* what, const absl::Status& status) {
  if (!status.ok()) spdlog::warn("{}: {}", what, status.ToString());
}

bool IsByDigest(const Question& question) {
  return question.content.reference.is_digest();
}

bool IsFresh(const Question& question) {
  const auto& cached = question.candidate.cached;
  if (!cached || !cached->fresh || !question.candidate.possessed) return false;
  return !IsByDigest(question) ||
         cached->target.digest == question.content.reference.digest();
}

// Whether its upstream is known to have the digest, and has delivered it.
bool IsReached(const Question& question) {
  const Candidate& candidate = question.candidate;
  return IsByDigest(question) && candidate.reachable && candidate.possessed;
}

}  // namespace

ManifestLoader::ManifestLoader(const UpstreamTools& tools,
                               StoredManifests& stored)
    : store_(tools.store),
      stored_(stored),
      upstream_(tools.upstream),
      metadata_(tools.metadata),
      accesses_(tools.accesses),
      copies_(tools.metadata, tools.health) {}

// --- From the store ---------------------------------------------------------

std::optional<ManifestAnswer> ManifestLoader::FindStored(
    const Question& question) {
  if (IsFresh(question)) return Load(question.candidate.cached->target);
  if (!IsReached(question)) return std::nullopt;
  const Digest& digest = question.content.reference.digest();
  auto stored = stored_.Open(digest);
  // A layer is reachable too, but it is no manifest.
  if (!stored || stored->kind.form == ManifestForm::kNone) return std::nullopt;
  return ManifestAnswer{{stored->kind.ServedAs(""), digest, stored->size_bytes},
                        std::move(stored->bytes)};
}

bool ManifestLoader::HasStored(const Question& question) {
  if (IsFresh(question)) {
    return stored_.Has(question.candidate.cached->target.digest);
  }
  if (!IsReached(question)) return false;
  const Digest& digest = question.content.reference.digest();
  const auto kind = stored_.KindOf(digest);
  return kind && !kind->has_fault && kind->form != ManifestForm::kNone;
}

std::optional<ManifestAnswer> ManifestLoader::Reopen(
    const ManifestAnswer& answer) {
  auto stored = stored_.Open(answer.target.digest);
  if (!stored) return std::nullopt;
  return ManifestAnswer{answer.target, std::move(stored->bytes),
                        answer.cache_status};
}

void ManifestLoader::NoteServed(const Question& question,
                                const ManifestAnswer& answer) {
  // To touch a tag would be to say that the upstream has confirmed it.
  if (!IsByDigest(question)) return;
  const Descriptor& target = answer.target;
  if (!IsFresh(question)) {
    Record(question, target, stored_.ReferencesOf(target.digest),
           {.confirmed = false});
  } else if (question.counts_as_pull) {
    Touch(question, target.digest);
  }
}

std::optional<ManifestAnswer> ManifestLoader::StaleCopy(
    const Question& question) {
  const Candidate& candidate = question.candidate;
  if (!MayBeServedStale(candidate)) return std::nullopt;
  auto copy = Load(candidate.cached->target);
  if (copy) copy->cache_status = CacheStatus::kStale;
  return copy;
}

bool ManifestLoader::HasStaleCopy(const Question& question) {
  return MayBeServedStale(question.candidate) &&
         stored_.Has(question.candidate.cached->target.digest);
}

std::optional<ManifestAnswer> ManifestLoader::Load(const Descriptor& target) {
  auto stored = stored_.Open(target.digest);
  if (!stored) return std::nullopt;
  return ManifestAnswer{{stored->kind.ServedAs(target.media_type),
                         target.digest, stored->size_bytes},
                        std::move(stored->bytes)};
}

// --- From the upstream ------------------------------------------------------

bool ManifestLoader::NeedsNoRequest(const Question& question) {
  return HasStored(question) || IsToBeSaved(question);
}

bool ManifestLoader::IsToBeSaved(const Question& question) const {
  return !question.insists &&
         copies_.IsBudgetToBeSaved(question.content, question.candidate);
}

absl::StatusOr<Descriptor> ManifestLoader::Head(const Question& question) {
  ASSIGN_OR_RETURN(const auto access,
                   accesses_.Get(question.candidate.epoch(),
                                 question.candidate.upstream_version));
  auto head = upstream_.HeadManifest(*access, question.content.repository,
                                     question.content.reference);
  NoteAnswer(question, head.status());
  return head;
}

absl::StatusOr<ManifestAnswer> ManifestLoader::FromUpstream(
    const Question& question) {
  if (!question.head && IsToBeSaved(question)) {
    if (auto copy = StaleCopy(question)) {
      spdlog::info(
          "serving {} of upstream {} stale: its rate limit is nearly used up",
          question.content.RelativePath(), question.candidate.upstream_id);
      return *std::move(copy);
    }
  }
  ASSIGN_OR_RETURN(const auto access,
                   accesses_.Get(question.candidate.epoch(),
                                 question.candidate.upstream_version));
  auto answer = Ask(question, *access);
  NoteAnswer(question, answer.status());
  return answer;
}

absl::StatusOr<ManifestAnswer> ManifestLoader::Ask(
    const Question& question, const UpstreamAccess& access) {
  const auto& [repository, reference, kind] = question.content;
  if (!question.head && !HasSomethingToConfirm(question)) {
    return Get(question, access, reference);
  }
  const auto head = question.head
                        ? *question.head
                        : upstream_.HeadManifest(access, repository, reference);
  if (head.ok()) return Follow(question, access, *head);
  // It does not say the digest there: the bytes will.
  if (ReasonOf(head.status()) == Reason::kUpstreamInvalid) {
    return Get(question, access, reference);
  }
  return head.status();
}

// Whether there may be bytes that make a GET needless.
bool ManifestLoader::HasSomethingToConfirm(const Question& question) {
  // Others' bytes make nothing needless.
  if (!question.candidate.possessed) return false;
  const auto& cached = question.candidate.cached;
  if (cached) return store_.Open(cached->target.digest).ok();
  return IsByDigest(question) &&
         store_.Open(question.content.reference.digest()).ok();
}

// The upstream says that it has `head`.
absl::StatusOr<ManifestAnswer> ManifestLoader::Follow(
    const Question& question, const UpstreamAccess& access,
    const Descriptor& head) {
  const Reference& reference = question.content.reference;
  // Another than the one that was asked for: nonsense, but the bytes are
  // verified.
  if (IsByDigest(question) && head.digest != reference.digest()) {
    return Get(question, access, reference);
  }
  if (auto confirmed = FindConfirmed(question, access, head)) {
    const auto& cached = question.candidate.cached;
    if (cached && cached->target.digest == head.digest) {
      Touch(question, head.digest);
    } else {
      Record(question, confirmed->target, stored_.ReferencesOf(head.digest),
             Proof());
    }
    return *std::move(confirmed);
  }
  if (IsByDigest(question)) return Get(question, access, reference);
  auto got = Get(question, access, Reference(head.digest));
  // The tag has moved once more since, or the upstream has no manifests by
  // digest, or said a wrong one.
  const bool ask_by_tag = absl::IsNotFound(got.status()) ||
                          ReasonOf(got.status()) == Reason::kUpstreamInvalid;
  return ask_by_tag ? Get(question, access, reference) : got;
}

// Whether the upstream, as it is reached now, has delivered the bytes of
// `digest` before. That it names them proves nothing.
bool ManifestLoader::IsPossessed(const Question& question,
                                 const UpstreamAccess& access,
                                 const Digest& digest) {
  Candidate candidate = question.candidate;
  if (!CheckIdentity(access, IdentityOf(candidate)).ok()) return false;
  const bool is_planned =
      candidate.cached ? candidate.cached->target.digest == digest
                       : IsByDigest(question) &&
                             question.content.reference.digest() == digest;
  if (is_planned && candidate.possessed) return true;
  candidate.possessed = false;
  LearnPossession(metadata_, digest, absl::MakeSpan(&candidate, 1));
  return candidate.possessed;
}

// From the store, if the bytes of what the upstream has are there and its own.
std::optional<ManifestAnswer> ManifestLoader::FindConfirmed(
    const Question& question, const UpstreamAccess& access,
    const Descriptor& head) {
  if (!IsPossessed(question, access, head.digest)) return std::nullopt;
  const auto& cached = question.candidate.cached;
  const bool is_same = cached && cached->target.digest == head.digest;
  auto answer = Load(is_same ? cached->target : head);
  if (!answer) return std::nullopt;
  answer->cache_status = CacheStatus::kRevalidated;
  if (is_same) return answer;
  const auto kind = stored_.KindOf(head.digest);
  if (!kind || kind->form == ManifestForm::kNone) return std::nullopt;
  return answer;
}

// A store that fails never fails a pull.
absl::StatusOr<ManifestAnswer> ManifestLoader::Get(const Question& question,
                                                   const UpstreamAccess& access,
                                                   const Reference& reference) {
  ASSIGN_OR_RETURN(
      UpstreamManifest manifest,
      upstream_.GetManifest(access, question.content.repository, reference));
  const Digest got =
      Digest::OfBytes(manifest.bytes, manifest.target.digest.algorithm());
  const Digest& wanted =
      reference.is_digest() ? reference.digest() : manifest.target.digest;
  if (got != wanted) {
    return errors::ContentMismatch(access.name, wanted.ToString(),
                                   got.ToString());
  }
  ManifestFacts facts = ReadManifest(manifest.bytes);
  if (!facts.fault.empty()) {
    return WithReason(
        errors::UpstreamInvalid(
            access.name,
            absl::StrCat("a manifest with ", facts.fault, " (CVE-2021-41190)")),
        Reason::kManifestInvalid);
  }
  const Descriptor target = {
      ServedManifestType(manifest.target.media_type, facts), wanted,
      manifest.bytes.size()};
  const absl::Status stored = store_.Put(wanted, manifest.bytes);
  if (stored.ok()) {
    Record(question, target, std::move(facts.references),
           {.etag = manifest.etag, .delivered_to = IdentityOf(access)});
    KeepInlined(question, IdentityOf(access), facts);
  } else {
    spdlog::warn("cannot cache manifest {}: {}", wanted.ToString(),
                 stored.ToString());
  }
  return ManifestAnswer{target, Keep(stored.ok(), wanted, manifest),
                        CacheStatus::kMiss};
}

// With the manifest, the upstream has delivered these bytes too. It need not
// have them as blobs.
void ManifestLoader::KeepInlined(const Question& question, int64_t identity,
                                 const ManifestFacts& facts) {
  for (const auto& [digest, base64] : facts.inlined) {
    std::string bytes;
    if (!absl::Base64Unescape(base64, &bytes) ||
        Digest::OfBytes(bytes, digest.algorithm()) != digest) {
      continue;
    }
    ManifestFacts own;
    Question part = question;
    part.content = {question.content.repository, Reference(digest),
                    ContentKind::kBlob};
    part.counts_as_pull = false;
    Descriptor target = {kOctetStream, digest, bytes.size()};
    if (facts.form == ManifestForm::kIndex) {
      own = ReadManifest(bytes);
      if (own.form == ManifestForm::kNone || !own.fault.empty()) continue;
      part.content.kind = ContentKind::kManifest;
      target.media_type = ServedManifestType("", own);
    }
    const absl::Status stored = store_.Put(digest, bytes);
    LogIfFailed("inlined content is not stored", stored);
    if (!stored.ok()) continue;
    Record(part, target, std::move(own.references), {.delivered_to = identity});
  }
}

// Who reads slowly, or asks a moment later, is served from the store.
ManifestBytes ManifestLoader::Keep(bool is_stored, const Digest& digest,
                                   UpstreamManifest& manifest) {
  if (is_stored && manifest.bytes.size() > limits::kSmallDocumentBytes) {
    const auto reader = store_.Open(digest);
    if (reader.ok()) return {{}, *reader};
  }
  if (manifest.room == nullptr) {
    return {Chunk::OfString(std::move(manifest.bytes)), nullptr};
  }
  // As long as somebody has them they are counted.
  const auto owner =
      std::make_shared<const UpstreamManifest>(std::move(manifest));
  return {Chunk(owner->bytes, owner), nullptr};
}

// --- What is recorded -------------------------------------------------------

void ManifestLoader::NoteAnswer(const Question& question,
                                const absl::Status& answer) {
  copies_.NoteAnswer(question.content, question.candidate, answer,
                     [&] { return HasStaleCopy(question); });
}

void ManifestLoader::Record(const Question& question, const Descriptor& target,
                            std::vector<Digest> references,
                            const Proof& proof) {
  LogIfFailed("record", metadata_.Record(
                            {.upstream_id = question.candidate.upstream_id,
                             .content = question.content,
                             .target = target,
                             .upstream_etag = proof.etag,
                             .references = std::move(references),
                             .counts_as_pull = question.counts_as_pull,
                             .confirmed = proof.confirmed,
                             .delivered_to = proof.delivered_to,
                             .cache_epoch = question.candidate.cache_epoch}));
}

void ManifestLoader::Touch(const Question& question, const Digest& digest) {
  LogIfFailed("touch",
              metadata_.Touch(question.candidate.epoch(), question.content,
                              digest, question.counts_as_pull));
}

}  // namespace cvr
