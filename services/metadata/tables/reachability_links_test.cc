// The index of links against what it is made from: the reachability rows.

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

// More manifests than one reachability row has names (64), so that the oldest
// are forgotten.
constexpr int kManifests = 80;
// Few, so that most of them are named by many.
constexpr int kChildren = 4;

// A random history of what upstreams have, name and refuse.
class ReachabilityLinksTest : public ::testing::TestWithParam<int> {
 protected:
  void Step() {
    const int64_t upstream_id = 1 + Below(2);
    const Digest digest = Any();
    switch (Below(12)) {
      case 0:
        return Write([&](WriteTransaction& transaction) {
          const ContentRef tag = {repository_, *Reference::Parse("latest"),
                                  ContentKind::kManifest};
          return reachability::NoteFound(transaction, upstream_id, tag, digest);
        });
      case 1:
        return Write([&](WriteTransaction& transaction) {
          return reachability::NoteFound(transaction, upstream_id,
                                         ManifestAt(digest), digest);
        });
      case 2:
        return Write([&](WriteTransaction& transaction) {
          return reachability::NoteAbsent(transaction, upstream_id, repository_,
                                          digest);
        });
      case 3:
        return Revoke(upstream_id, digest);
      case 4:
        return UnlinkSome();
      default:
        return Name(upstream_id, digest);
    }
  }

  void Name(int64_t upstream_id, const Digest& manifest) {
    std::vector<Digest> children;
    for (int i = 0; i <= Below(3); ++i) {
      children.push_back(DigestOf(Below(kChildren)));
    }
    Write([&](WriteTransaction& transaction) {
      return reachability::NoteNamed(
          transaction, {upstream_id, repository_, manifest}, children,
          /*confirmed=*/true);
    });
  }

  void Revoke(int64_t upstream_id, const Digest& digest) {
    Write([&](WriteTransaction& transaction) {
      return reachability::Revoke(transaction, upstream_id, ManifestAt(digest),
                                  nullptr);
    });
  }

  // Part of what hangs on one manifest. Returns whether there was any.
  bool UnlinkOne() {
    bool found = false;
    Write([&](WriteTransaction& transaction) -> absl::Status {
      const auto unlink = tables::FirstUnlink(transaction);
      if (!unlink.ok() || !*unlink) return unlink.status();
      found = true;
      return reachability::Unlink(transaction, **unlink).status();
    });
    return found;
  }
  void UnlinkSome() { UnlinkOne(); }

  // An upstream is purged and, while its rows are deleted, found anew.
  void Purge(int64_t upstream_id) {
    int64_t mark = 0;
    Write([&](WriteTransaction& transaction) -> absl::Status {
      auto row = *tables::FindUpstream(transaction, upstream_id);
      if (!row) row.emplace().mutable_upstream()->set_id(upstream_id);
      const absl::Status purged = purges::Begin(transaction, *row);
      tables::PutUpstream(transaction, *row);
      mark = purges::MarkOf(*row);
      return purged;
    });
    for (int step = 1; step <= 50; ++step) Step();
    Repeat([&](WriteTransaction& transaction, std::string& cursor) {
      return reachability::DeletePurged(transaction, upstream_id, mark, cursor);
    });
    Repeat([&](WriteTransaction& transaction, std::string& cursor) {
      return reachability::DeleteStaleLinks(transaction, upstream_id, cursor);
    });
  }

  // Until it says that there is no more.
  template <typename Fn>
  void Repeat(Fn some) {
    std::string cursor;
    bool more = true;
    while (more) {
      Write([&](WriteTransaction& transaction) -> absl::Status {
        const auto answer = some(transaction, cursor);
        more = answer.ok() && *answer;
        return answer.status();
      });
    }
  }

  // "upstream manifest digest" of every link: by the index, and by a scan of
  // all rows.
  std::set<std::string> ByIndex() {
    std::set<std::string> links;
    Read([&](const ReadTransaction& transaction) {
      return transaction.Scan(
          Table::kReachabilityLinks, "", "",
          [&](absl::string_view key,
              absl::string_view) -> absl::StatusOr<bool> {
            KeyReader reader(key);
            int64_t upstream_id = 0;
            std::string repository;
            std::optional<Digest> manifest;
            std::optional<Digest> digest;
            EXPECT_TRUE(reader.Int(upstream_id) && reader.String(repository) &&
                        reader.Hash(manifest) && reader.Hash(digest) &&
                        reader.Done());
            links.insert(absl::StrCat(upstream_id, " ", manifest->ToString(),
                                      " ", digest->ToString()));
            return true;
          });
    });
    return links;
  }
  std::set<std::string> ByScan() {
    std::set<std::string> links;
    Read([&](const ReadTransaction& transaction) -> absl::Status {
      std::string cursor;
      const auto rows = tables::NextReachability(transaction, /*upstream_id=*/0,
                                                 /*max=*/1'000'000, cursor);
      if (!rows.ok()) return rows.status();
      for (const auto& [row_key, row] : *rows) {
        for (const std::string& manifest : row.manifests()) {
          links.insert(absl::StrCat(row_key.upstream_id, " ", manifest, " ",
                                    row_key.digest.ToString()));
        }
      }
      return absl::OkStatus();
    });
    return links;
  }

  template <typename Fn>
  void Write(Fn fn) {
    EXPECT_THAT(store_.Write(fn, Durability::kBuffered), IsOk());
  }
  template <typename Fn>
  void Read(Fn fn) {
    EXPECT_THAT(store_.Read(fn), IsOk());
  }

  int Below(int end) {
    return std::uniform_int_distribution<int>(0, end - 1)(random_);
  }
  static Digest DigestOf(int number) {
    return Digest::OfBytes(absl::StrCat(number));
  }
  Digest Any() { return DigestOf(Below(kManifests)); }
  ContentRef ManifestAt(const Digest& digest) const {
    return {repository_, Reference(digest), ContentKind::kManifest};
  }

  InMemoryMetadataStore store_;
  const Repository repository_ = *Repository::Parse("library/a");
  std::mt19937 random_{static_cast<uint32_t>(GetParam())};
};

TEST_P(ReachabilityLinksTest, TheIndexSaysWhatAScanSays) {
  for (int step = 1; step <= 1500; ++step) {
    Step();
    if (step % 500 == 0) Purge(1 + Below(2));
    if (step % 25 == 0) {
      ASSERT_EQ(ByIndex(), ByScan()) << "step " << step;
    }
  }
  ASSERT_EQ(ByIndex(), ByScan());
}

TEST_P(ReachabilityLinksTest, NothingIsLinkedToAManifestThatWasUnlinked) {
  for (int step = 1; step <= 500; ++step) Step();
  const auto names = [](const std::set<std::string>& links,
                        const Digest& manifest) {
    int count = 0;
    for (const std::string& link : links) {
      count += absl::StrContains(link, absl::StrCat(manifest.ToString(), " "));
    }
    return count;
  };
  int unlinked = 0;
  for (int i = 0; i < 20; ++i) {
    const Digest manifest = Any();
    unlinked += names(ByScan(), manifest);
    for (const int64_t upstream_id : {1, 2}) Revoke(upstream_id, manifest);
    while (UnlinkOne()) {
    }
    EXPECT_EQ(names(ByScan(), manifest), 0);
    EXPECT_EQ(ByIndex(), ByScan());
  }
  EXPECT_GT(unlinked, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReachabilityLinksTest, ::testing::Range(1, 6));

}  // namespace
}  // namespace cvr::testing
