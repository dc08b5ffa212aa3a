// The table of entrances: what an adversary gets who knows the digests of what
// another tenant has cached, and what his own upstream is asked, each entrance
// tried in two systems: in one the victim does everything, in the other
// nothing. He must get no byte of it in either, and must not be able to tell
// which of them he is in. What was seen must be what RESULTS.md says.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/isolation/encounter.h"
#include "tests/isolation/entrance.h"
#include "tests/isolation/world.h"
#include "tests/support/results_page.h"
#include "tests/support/watchdog.h"

namespace cvr::testing {
namespace {

constexpr char kResults[] = "tests/isolation/RESULTS.md";

std::vector<Entrance> AllEntrances() {
  std::vector<Entrance> all;
  for (auto* const some : {AskingEntrances, NamingEntrances, ClaimingEntrances,
                           TimelyEntrances, AdministrationEntrances}) {
    for (Entrance& entrance : some()) all.push_back(std::move(entrance));
  }
  return all;
}

// With what comes several times in a row said once.
std::string Joined(const std::vector<std::string>& words) {
  std::vector<std::string> said;
  for (size_t i = 0; i < words.size();) {
    size_t end = i;
    while (end < words.size() && words[end] == words[i]) ++end;
    said.push_back(end - i == 1 ? words[i]
                                : absl::StrCat(words[i], " x", end - i));
    i = end;
  }
  return said.empty() ? "nothing" : absl::StrJoin(said, ", ");
}

// `GET /v2/team/private/blobs/<layer>` as `GET <layer>`.
std::string Shortened(const std::string& request) {
  return absl::StrReplaceAll(request, {{"/v2/team/private/blobs/", ""},
                                       {"/v2/team/private/manifests/", ""},
                                       {"/v2/team/private/", ""}});
}

std::string RowOf(const Entrance& entrance, const Observed& seen) {
  std::vector<std::string> requests;
  for (const std::string& request : seen.requests) {
    requests.push_back(Shortened(request));
  }
  return absl::StrCat("| ", entrance.name, " | ", Joined(seen.outcomes), " | ",
                      Joined(requests), " |\n");
}

Observed Try(World& world, const Entrance& entrance, bool victim_acts) {
  Encounter encounter(world, entrance.name, victim_acts);
  entrance.attack(encounter);
  return encounter.Finish();
}

// Fails the test when the two can be told apart.
void ExpectAlike(const std::string& what, const std::vector<std::string>& with,
                 const std::vector<std::string>& without) {
  EXPECT_EQ(with.size(), without.size()) << what;
  for (size_t i = 0; i < std::min(with.size(), without.size()); ++i) {
    EXPECT_EQ(with[i], without[i]) << what << " " << i;
  }
}

TEST(AdversaryTest, NobodyGetsWhatIsNotHisOrLearnsThatItIsThere) {
  const char* const only = std::getenv("CVR_ENTRANCE");
  Watchdog watchdog(absl::Minutes(4));
  World with(Shape::kStandalone, {"--root_registry=1"});
  World without(Shape::kStandalone, {"--root_registry=1"});
  std::string table =
      "| entrance | what he gets | what his upstream is asked |\n"
      "| --- | --- | --- |\n";
  for (const Entrance& entrance : AllEntrances()) {
    if (only != nullptr && !absl::StrContains(entrance.name, only)) continue;
    SCOPED_TRACE(entrance.name);
    watchdog.Doing(entrance.name);
    const Observed seen = Try(with, entrance, true);
    const Observed unseen = Try(without, entrance, false);
    for (const std::string& theft : seen.thefts) ADD_FAILURE() << theft;
    ExpectAlike("answer", seen.answers, unseen.answers);
    ExpectAlike("request", seen.requests, unseen.requests);
    const std::string row = RowOf(entrance, seen);
    std::cout << (seen.thefts.empty() ? "" : "THEFT ")
              << (seen.answers == unseen.answers &&
                          seen.requests == unseen.requests
                      ? ""
                      : "ORACLE ")
              << row << std::flush;
    absl::StrAppend(&table, row);
  }
  if (only == nullptr) {
    CheckResults(kResults, "the entrances", table,
                 "tests/isolation/run --write-results");
  }
  if (::testing::Test::HasFailure())
    std::cerr << with.system().Log().substr(0, 20000);
}

}  // namespace
}  // namespace cvr::testing
