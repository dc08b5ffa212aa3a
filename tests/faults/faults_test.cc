// The table: every fault of an upstream, with nothing, a fresh and a stale copy
// in the cache, asked for a tag, a digest and a blob. What is expected stands
// in *_faults.cc; what was seen is printed, and must be what RESULTS.md says.
//
// CVR_WRITE_RESULTS=1 writes RESULTS.md instead; tests/faults/run does so.
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/faults/fault.h"
#include "tests/faults/scene.h"
#include "tests/support/results_page.h"

namespace cvr::testing {
namespace {

constexpr size_t kRowsAtATime = 12;
constexpr char kResults[] = "tests/faults/RESULTS.md";

struct Row {
  const Fault* fault;
  Asked asked;
  Cached cached;
  Seen expected;
  Seen seen;
  std::vector<std::string> broken_laws;

  std::string Name() const;
};

std::string NameOf(Asked asked) {
  return asked == Asked::kTag      ? "tag"
         : asked == Asked::kDigest ? "digest"
                                   : "blob";
}

std::string NameOf(Cached cached) {
  return cached == Cached::kNothing ? "nothing"
         : cached == Cached::kFresh ? "fresh"
                                    : "stale";
}

std::string Row::Name() const {
  return absl::StrCat(fault->name, " | ", NameOf(cached), " | ", NameOf(asked));
}

std::vector<Fault> AllFaults() {
  std::vector<Fault> all;
  for (auto* const some : {ConnectionFaults, BodyFaults, AuthenticationFaults,
                           StatusFaults, RedirectFaults, ManifestFaults}) {
    for (Fault& fault : some()) all.push_back(std::move(fault));
  }
  return all;
}

std::optional<Seen> ExpectedOf(const Fault& fault, Asked asked, Cached cached) {
  if (cached == Cached::kNothing || fault.is_another_url) {
    return asked == Asked::kTag      ? fault.cold_tag
           : asked == Asked::kDigest ? fault.cold_digest
                                     : fault.cold_blob;
  }
  if (cached == Cached::kStale && asked == Asked::kTag) return fault.stale_tag;
  return FromCache(NameOf(asked));
}

std::vector<Row> RowsOf(const std::vector<Fault>& faults) {
  std::vector<Row> rows;
  for (const Fault& fault : faults) {
    for (const Cached cached :
         {Cached::kNothing, Cached::kFresh, Cached::kStale}) {
      for (const Asked asked : {Asked::kTag, Asked::kDigest, Asked::kBlob}) {
        const auto expected = ExpectedOf(fault, asked, cached);
        if (expected) rows.push_back({&fault, asked, cached, *expected});
      }
    }
  }
  return rows;
}

void PullRow(Installation& installation, Row& row) {
  Scene scene(installation, *row.fault, row.asked, row.cached, row.Name());
  row.seen = scene.Pull(row.expected.stored);
  if (row.fault->is_over_at_once) scene.Recover();
  row.broken_laws = scene.broken_laws();
  // What is known to be wrong before the client has anything is an error; after
  // that the body can only be cut short. Which of both it is, is a race.
  const bool is_error = row.seen.status >= 500 && row.seen.stored == kNothing;
  if (row.expected.body == kCutShort && is_error) row.seen = row.expected;
}

std::string Table(const std::vector<Row>& rows) {
  std::string table =
      "| fault | cached | asked for | status | body | headers | stored "
      "afterwards | upstream requests |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows) {
    absl::StrAppend(&table, "| ", row.Name(), " ", ToCells(row.seen), "\n");
  }
  return table;
}

TEST(FaultsTest, EveryFaultComesToWhatItShould) {
  const std::vector<Fault> faults = AllFaults();
  std::vector<Row> rows = RowsOf(faults);
  Installation installation;
  {
    ThreadPool pool({"rows", kRowsAtATime, rows.size()});
    for (Row& row : rows) {
      ASSERT_TRUE(pool.Schedule([&] { PullRow(installation, row); }));
    }
  }
  for (const Row& row : rows) {
    EXPECT_EQ(ToCells(row.seen), ToCells(row.expected)) << row.Name();
    for (const std::string& law : row.broken_laws) {
      ADD_FAILURE() << row.Name() << ": a client " << law;
    }
  }
  const std::string table = Table(rows);
  std::cout << table;
  CheckResults(kResults, "the table", table, "tests/faults/run");
  if (HasFailure()) std::cerr << installation.Log();
}

}  // namespace
}  // namespace cvr::testing
