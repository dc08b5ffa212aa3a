#include "services/blob/engine/manifest/list_document.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/blob/engine/faulty_blob_store.h"
#include "services/blob/engine/manifest/list_summaries.h"
#include "services/blob/engine/walk/text_lines.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/common/limits.h"
#include "services/common/referrer_line.h"
#include "services/common/tag_order.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::Lt;
using Names = std::vector<std::string>;

// Counts what is read of a blob.
class CountingReader : public BlobReader {
 public:
  explicit CountingReader(std::shared_ptr<const BlobReader> reader)
      : reader_(std::move(reader)) {}
  uint64_t size() const override { return reader_->size(); }
  absl::StatusOr<Chunk> ReadChunk(uint64_t offset) const override {
    ++reads;
    return reader_->ReadChunk(offset);
  }
  mutable int reads = 0;

 private:
  const std::shared_ptr<const BlobReader> reader_;
};

class ListDocumentTest : public ::testing::Test {
 protected:
  StoredText Store(const char* kind, const Names& lines) {
    const std::vector<absl::string_view> items(lines.begin(), lines.end());
    return StoreText(store_, kind, items, nullptr);
  }
  ListText Tags(Names tags, RuleSet rules = RuleSet()) {
    std::sort(tags.begin(), tags.end(), TagPrecedes);
    const StoredText text = Store(kTagsText, tags);
    EXPECT_THAT(text.not_stored, IsOk());
    return {text.digest, text.reader, std::move(rules)};
  }
  ListText Referrers(const Names& lines) {
    const StoredText text = Store(kReferrersText, lines);
    return {text.digest, text.reader, RuleSet()};
  }
  static std::string Line(const std::string& name, const std::string& type,
                          const std::string& note = "") {
    return MakeReferrerLine({Digest::OfBytes(name).ToString(), type,
                             absl::StrCat(R"({"n":")", name, note, "\"}")});
  }

  static std::string Whole(ListDocument& document) {
    std::string whole;
    for (;;) {
      const auto piece = document.Next();
      EXPECT_THAT(piece, IsOk());
      if (!piece.ok() || piece->empty()) return whole;
      absl::StrAppend(&whole, piece->bytes());
    }
  }
  static std::string Json(const Names& tags) {
    if (tags.empty()) return R"({"tags":[]})";
    return absl::StrCat(R"({"tags":[")", absl::StrJoin(tags, "\",\""),
                        R"("]})");
  }
  // A page, and whether the list goes on after its last tag.
  void ExpectPage(const std::vector<ListText>& texts, const ListQuery& query,
                  const Names& tags, bool goes_on) {
    const auto document = MakeTagsDocument(texts, query);
    EXPECT_EQ(Whole(*document), Json(tags));
    EXPECT_EQ(document->goes_on_after(),
              goes_on ? std::optional<std::string>(tags.back()) : std::nullopt);
  }

  InMemoryBlobStore memory_;
  FaultyBlobStore store_{memory_};
};

// --- Tags -------------------------------------------------------------------

const Names kTags = {"c", "a", "B", "10", "9", "_x"};

TEST_F(ListDocumentTest, OrderIsByLettersThenByBytes) {
  ExpectPage({Tags(kTags)}, {}, {"10", "9", "_x", "a", "B", "c"}, false);
  ExpectPage({Tags({"v1", "V1", "v10", "V2", "v1-a"})}, {},
             {"V1", "v1", "v1-a", "v10", "V2"}, false);
  ExpectPage({Tags({})}, {}, {}, false);
}

TEST_F(ListDocumentTest, PageIsShortOnlyWhenNothingFollows) {
  const std::vector<ListText> texts = {Tags(kTags)};
  ExpectPage(texts, {"", 2}, {"10", "9"}, true);
  ExpectPage(texts, {"", 6}, {"10", "9", "_x", "a", "B", "c"}, false);
  ExpectPage(texts, {"9", 5}, {"_x", "a", "B", "c"}, false);
  ExpectPage(texts, {"a", std::numeric_limits<uint64_t>::max()}, {"B", "c"},
             false);
  ExpectPage(texts, {"aa"}, {"B", "c"}, false);
  ExpectPage(texts, {"~", 1}, {}, false);
  ExpectPage(texts, {"", 0}, {}, false);
}

TEST_F(ListDocumentTest, RulesHoldForTheirOwnTextBeforePagesAreCut) {
  const RuleSet no_rc(
      {{Rule::Action::kDeny, Rule::Target::kTag, *Pattern::Wildcard("*rc*")}});
  const ListText ruled = Tags({"1", "1rc", "2", "3rc"}, no_rc);
  ExpectPage({ruled}, {"", 2}, {"1", "2"}, false);
  ExpectPage({ruled, Tags({"2", "3rc"})}, {"", 2}, {"1", "2"}, true);
  ExpectPage({ruled, Tags({"2", "3rc"})}, {"2"}, {"3rc"}, false);
}

// Every tag comes once, however many texts it is in, and nothing is lost
// between pages, wherever chunks end.
TEST_F(ListDocumentTest, PagesTogetherAreTheMergedList) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<ListText> texts;
  const auto less = [](const std::string& a, const std::string& b) {
    return TagPrecedes(a, b);
  };
  std::set<std::string, decltype(less)> all(less);
  for (int i = 0; i < 3; ++i) {
    std::set<std::string> tags;
    for (int j = 0; j < 12000; ++j) {
      std::string tag =
          absl::StrCat(random() % 2 == 0 ? "v" : "V", random() % 60000);
      tag.append(random() % 100, 'x');
      tags.insert(tag);
    }
    all.insert(tags.begin(), tags.end());
    texts.push_back(Tags(Names(tags.begin(), tags.end())));
    EXPECT_GT(texts.back().reader->size(), 2 * limits::kChunkBytes);
  }
  const Names merged(all.begin(), all.end());
  const auto whole = MakeTagsDocument(texts, {});
  EXPECT_TRUE(Whole(*whole) == Json(merged));
  std::string last;
  size_t walked = 0;
  for (;;) {
    const uint64_t n = 1 + random() % 4000;
    const size_t count = std::min<size_t>(n, merged.size() - walked);
    const auto page = MakeTagsDocument(texts, {last, n});
    EXPECT_TRUE(Whole(*page) == Json({merged.begin() + walked,
                                      merged.begin() + walked + count}));
    walked += count;
    if (!page->goes_on_after()) break;
    last = *page->goes_on_after();
    EXPECT_EQ(last, merged[walked - 1]);
  }
  EXPECT_EQ(walked, merged.size());
  // Any place, there or not.
  for (int i = 0; i < 200; ++i) {
    const std::string place = absl::StrCat("v", random() % 60000, "x");
    const auto from =
        std::upper_bound(merged.begin(), merged.end(), place, TagPrecedes);
    const auto to = from + std::min<int>(3, merged.end() - from);
    EXPECT_EQ(Whole(*MakeTagsDocument(texts, {place, 3})), Json({from, to}));
  }
}

// A page of a million tags reads a few chunks of them.
TEST_F(ListDocumentTest, APageCostsNoMoreThanItself) {
  Names tags;
  for (int i = 1000000; i < 2000000; ++i) tags.push_back(absl::StrCat("v", i));
  ListText text = Tags(std::move(tags));
  const auto counting = std::make_shared<CountingReader>(text.reader);
  text.reader = counting;
  ExpectPage({text}, {"v1700000", 2}, {"v1700001", "v1700002"}, true);
  EXPECT_THAT(counting->reads, Lt(20));
  counting->reads = 0;
  ExpectPage({text}, {"", 1}, {"v1000000"}, true);
  EXPECT_THAT(counting->reads, Lt(3));
}

TEST_F(ListDocumentTest, WhatIsNoTextOfTagsIsDataLoss) {
  for (const std::string& bytes :
       {std::string(), std::string(R"({"tags":["a"]})"),
        absl::StrCat(kReferrersText, "\na\n"), absl::StrCat(kTagsText, "\na"),
        absl::StrCat(kTagsText, "\na\n\"b\n"),
        absl::StrCat(kTagsText, "\n0 \n"),
        absl::StrCat(kTagsText, "\n", std::string(200, 'a'), "\n"),
        std::string(limits::kChunkBytes, 'a')}) {
    const Digest digest = Digest::OfBytes(bytes);
    ASSERT_THAT(store_.Put(digest, bytes), IsOk());
    for (const char* const last : {"", "0"}) {
      const auto document =
          MakeTagsDocument({{digest, *store_.Open(digest), {}}}, {last});
      EXPECT_THAT(document->Next(), StatusIs(absl::StatusCode::kDataLoss))
          << bytes.substr(0, 100);
    }
  }
}

// --- Referrers --------------------------------------------------------------

std::string IndexOf(const std::string& manifests) {
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexType,
                      R"(","manifests":[)", manifests, "]}");
}

TEST_F(ListDocumentTest, ReferrersComeInOrderTheFirstOfEachDigest) {
  const ListText first = Referrers({Line("b", "t"), Line("a", "t")});
  const ListText second = Referrers({Line("c", "t"), Line("b", "t", "!")});
  EXPECT_EQ(Whole(*MakeReferrersDocument({first, second}, {})),
            IndexOf(R"({"n":"b"},{"n":"a"},{"n":"c"})"));
  EXPECT_EQ(Whole(*MakeReferrersDocument({}, {})), IndexOf(""));
}

TEST_F(ListDocumentTest, ReferrersAreFilteredByType) {
  const std::vector<ListText> texts = {
      Referrers({Line("a", "x/y+json"), Line("b", ""), Line("c", "x/z")})};
  ListQuery query;
  query.artifact_type = "x/y+json";
  EXPECT_EQ(Whole(*MakeReferrersDocument(texts, query)),
            IndexOf(R"({"n":"a"})"));
  query.artifact_type = "x/none";
  EXPECT_EQ(Whole(*MakeReferrersDocument(texts, query)), IndexOf(""));
}

TEST_F(ListDocumentTest, WhatIsNoReferrerIsDataLoss) {
  const auto document = MakeReferrersDocument({Referrers({"nonsense"})}, {});
  EXPECT_THAT(document->Next(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(ReferrersTagTest, NamesTheSubject) {
  const Digest subject = Digest::OfBytes("a");
  EXPECT_EQ(ReferrersTag(subject).tag(), "sha256-" + subject.hex());
  // The specification cuts what would not fit a tag.
  const Digest wide = Digest::OfBytes("a", DigestAlgorithm::kSha512);
  EXPECT_LE(ReferrersTag(wide).tag().size(), 128u);
  EXPECT_EQ(ReferrersTag(wide).tag().substr(0, 7), "sha512-");
}

// --- Texts ------------------------------------------------------------------

TEST_F(ListDocumentTest, AFullDiskLeavesTheTextInMemory) {
  Names tags;
  for (int i = 10000; i < 60000; ++i) tags.push_back(absl::StrCat("v", i));
  store_.FillUpAfter(0);
  const StoredText text = Store(kTagsText, tags);
  EXPECT_THAT(text.not_stored, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(Whole(*MakeTagsDocument({{text.digest, text.reader, {}}}, {})) ==
              Json(tags));
}

// --- Summaries --------------------------------------------------------------

TEST_F(ListDocumentTest, ASummaryIsThatOfTheWholeAndMadeOnceForLargeOnes) {
  Names tags;
  for (int i = 10000; i < 90000; ++i) tags.push_back(absl::StrCat("v", i));
  const std::vector<ListText> large = {Tags(tags)};
  const std::vector<ListText> small = {Tags({"a", "b"})};
  ListSummaries summaries;
  int made = 0;
  const auto get = [&](const std::vector<ListText>& texts,
                       const ListQuery& query) {
    const std::string key =
        absl::StrCat(texts[0].digest.ToString(), query.n.value_or(0));
    return *summaries.Get(key, {}, [&] {
      ++made;
      return MakeTagsDocument(texts, query);
    });
  };
  for (int i = 0; i < 2; ++i) {
    const auto summary = get(large, {});
    EXPECT_EQ(summary->size_bytes, Json(tags).size());
    EXPECT_EQ(summary->digest, Digest::OfBytes(Json(tags)));
    EXPECT_TRUE(summary->whole.empty());
  }
  EXPECT_EQ(made, 1);
  const auto page = get(small, {"", 1});
  EXPECT_EQ(page->whole.bytes(), Json({"a"}));
  EXPECT_EQ(page->goes_on_after, "a");
}

TEST_F(ListDocumentTest, ASummaryThatFailsIsNotRemembered) {
  ListSummaries summaries;
  const ListText bad = Referrers({"x"});
  const auto make_bad = [&] { return MakeTagsDocument({bad}, {}); };
  const auto make_good = [&] { return MakeTagsDocument({Tags({"a"})}, {}); };
  EXPECT_THAT(summaries.Get("key", {}, make_bad),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(summaries.Get("key", {}, make_good), IsOk());
}

}  // namespace
}  // namespace cvr::testing
