#include "services/blob/engine/manifest/list_document.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/blob/engine/walk/text_lines.h"
#include "services/common/document_limits.h"
#include "services/common/limits.h"
#include "services/common/referrer_line.h"
#include "services/common/status_macros.h"
#include "services/common/tag_order.h"

namespace cvr {
namespace {

// Of a document that are made at once.
constexpr size_t kPieceBytes = 64 * 1024;

// What may stand in JSON as it is; a stored text may be damaged.
bool IsTag(absl::string_view line) {
  return !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
  });
}

// The tags of one text that its rules allow.
class TagSource {
 public:
  explicit TagSource(const ListText& text)
      : cursor_(text.reader, kTagsText, limits::kTagCharsMax),
        rules_(text.tag_rules.TagRules()) {}

  absl::Status Start(absl::string_view last) {
    if (!last.empty()) {
      RETURN_IF_ERROR(cursor_.SeekAfter(last, TagPrecedes));
    }
    return Advance();
  }

  bool at_end() const { return at_end_; }
  absl::string_view tag() const { return cursor_.item(); }

  absl::Status Advance() {
    do {
      ASSIGN_OR_RETURN(const bool has_tag, cursor_.Next());
      at_end_ = !has_tag;
      if (at_end_) return absl::OkStatus();
      if (!IsTag(tag()))
        return absl::DataLossError("a stored tag that is none");
    } while (has_rules_ && !rules_.AllowsTag(tag()));
    return absl::OkStatus();
  }

 private:
  LineCursor cursor_;
  const RuleSet rules_;
  const bool has_rules_ = rules_.HasTagRules();
  bool at_end_ = false;
};

class TagsDocument final : public ListDocument {
 public:
  TagsDocument(const std::vector<ListText>& texts, const ListQuery& query)
      : query_(query) {
    for (const ListText& text : texts) {
      sources_.push_back(std::make_unique<TagSource>(text));
    }
  }

  const std::optional<std::string>& goes_on_after() const override {
    return goes_on_after_;
  }

  absl::StatusOr<Chunk> Next() override {
    if (has_ended_) return Chunk();
    std::string piece;
    if (!has_begun_) {
      piece = R"({"tags":[)";
      has_begun_ = true;
      if (query_.n != 0) RETURN_IF_ERROR(StartAll());
    }
    while (piece.size() < kPieceBytes) {
      if (query_.n && count_ == *query_.n) return End(std::move(piece));
      ASSIGN_OR_RETURN(const bool has_tag, TakeFirst());
      if (!has_tag) return End(std::move(piece));
      absl::StrAppend(&piece, count_ == 0 ? "\"" : ",\"", last_, "\"");
      ++count_;
    }
    return Chunk::OfString(std::move(piece));
  }

 private:
  absl::Status StartAll() {
    for (const auto& source : sources_) {
      RETURN_IF_ERROR(source->Start(query_.last));
    }
    return absl::OkStatus();
  }

  // The one that has the first of all tags; null when there is none.
  TagSource* First() const {
    TagSource* first = nullptr;
    for (const auto& source : sources_) {
      if (source->at_end()) continue;
      if (first == nullptr || TagPrecedes(source->tag(), first->tag())) {
        first = source.get();
      }
    }
    return first;
  }

  // Moves the first of all tags, wherever it is, to `last_`.
  absl::StatusOr<bool> TakeFirst() {
    const TagSource* const first = First();
    if (first == nullptr) return false;
    last_ = std::string(first->tag());
    for (const auto& source : sources_) {
      while (!source->at_end() && source->tag() == last_) {
        RETURN_IF_ERROR(source->Advance());
      }
    }
    return true;
  }

  Chunk End(std::string piece) {
    has_ended_ = true;
    if (count_ > 0 && First() != nullptr) goes_on_after_ = last_;
    piece.append("]}");
    return Chunk::OfString(std::move(piece));
  }

  const ListQuery query_;
  std::vector<std::unique_ptr<TagSource>> sources_;
  bool has_begun_ = false;
  bool has_ended_ = false;
  uint64_t count_ = 0;
  std::string last_;
  std::optional<std::string> goes_on_after_;
};

class ReferrersDocument final : public ListDocument {
 public:
  ReferrersDocument(const std::vector<ListText>& texts, const ListQuery& query)
      : query_(query) {
    for (const ListText& text : texts) {
      cursors_.push_back(std::make_unique<LineCursor>(
          text.reader, kReferrersText, kLineBytesMax));
    }
  }

  const std::optional<std::string>& goes_on_after() const override {
    return goes_on_after_;
  }

  absl::StatusOr<Chunk> Next() override {
    if (has_ended_) return Chunk();
    std::string piece;
    if (!has_begun_) {
      piece = absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexType,
                           R"(","manifests":[)");
      has_begun_ = true;
    }
    while (piece.size() < kPieceBytes) {
      ASSIGN_OR_RETURN(const auto referrer, NextReferrer());
      if (!referrer) {
        has_ended_ = true;
        piece.append("]}");
        break;
      }
      absl::StrAppend(&piece, count_++ == 0 ? "" : ",", referrer->descriptor);
    }
    return Chunk::OfString(std::move(piece));
  }

 private:
  static constexpr size_t kLineBytesMax = 2 * limits::kReferrerBytesMax;

  // Valid until the next call.
  absl::StatusOr<std::optional<ReferrerLine>> NextReferrer() {
    while (turn_ < cursors_.size()) {
      ASSIGN_OR_RETURN(const bool has_line, cursors_[turn_]->Next());
      if (!has_line) {
        cursors_[turn_++].reset();
        continue;
      }
      const auto referrer = ParseReferrerLine(cursors_[turn_]->item());
      if (!referrer) return absl::DataLossError("a referrer that is none");
      ASSIGN_OR_RETURN(const bool is_new, IsNew(*referrer));
      const bool is_wanted = query_.artifact_type.empty() ||
                             referrer->artifact_type == query_.artifact_type;
      if (is_new && is_wanted) return referrer;
    }
    return std::nullopt;
  }

  // A single text has each digest once already.
  absl::StatusOr<bool> IsNew(const ReferrerLine& referrer) {
    if (cursors_.size() == 1) return true;
    const auto digest = Digest::Parse(referrer.digest);
    if (!digest.ok())
      return absl::DataLossError("invalid digest in a stored referrers list");
    return seen_.insert(*digest).second;
  }

  const ListQuery query_;
  std::vector<std::unique_ptr<LineCursor>> cursors_;
  size_t turn_ = 0;
  absl::flat_hash_set<Digest> seen_;
  bool has_begun_ = false;
  bool has_ended_ = false;
  uint64_t count_ = 0;
  const std::optional<std::string> goes_on_after_;  // There are no pages.
};

}  // namespace

std::unique_ptr<ListDocument> MakeTagsDocument(
    const std::vector<ListText>& texts, const ListQuery& query) {
  return std::make_unique<TagsDocument>(texts, query);
}

std::unique_ptr<ListDocument> MakeReferrersDocument(
    const std::vector<ListText>& texts, const ListQuery& query) {
  return std::make_unique<ReferrersDocument>(texts, query);
}

Reference ReferrersTag(const Digest& subject) {
  // What is behind the `-` has 64 characters at most.
  const std::string hex = subject.hex().substr(0, 64);
  const bool is_sha512 = subject.algorithm() == DigestAlgorithm::kSha512;
  return *Reference::Parse(
      absl::StrCat(is_sha512 ? "sha512" : "sha256", "-", hex));
}

}  // namespace cvr
