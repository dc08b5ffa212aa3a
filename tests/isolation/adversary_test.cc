// The table of attacks: what an adversary gets who knows the digests of what
// another tenant has cached, and what his own upstream is asked, each attack
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
#include "tests/isolation/attack.h"
#include "tests/isolation/attack_scenario.h"
#include "tests/isolation/world.h"
#include "tests/support/results_page.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

constexpr char kResults[] = "tests/isolation/RESULTS.md";

std::vector<AttackVector> AllEntrances() {
  std::vector<AttackVector> all;
  for (auto* const some : {AskingAttacks, NamingAttacks, ClaimingAttacks,
                           RaceAttacks, AdministrationAttacks}) {
    for (AttackVector& attack_vector : some()) {
      all.push_back(std::move(attack_vector));
    }
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

std::string RowOf(const AttackVector& attack_vector, const Observed& seen) {
  std::vector<std::string> requests;
  for (const std::string& request : seen.requests) {
    requests.push_back(Shortened(request));
  }
  return absl::StrCat("| ", attack_vector.name, " | ", Joined(seen.outcomes),
                      " | ", Joined(requests), " |\n");
}

Observed Try(World& world, const AttackVector& attack_vector,
             bool victim_acts) {
  AttackScenario scenario(world, attack_vector.name, victim_acts);
  attack_vector.attack(scenario);
  return scenario.Finish();
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
  for (const AttackVector& attack_vector : AllEntrances()) {
    if (only != nullptr && !absl::StrContains(attack_vector.name, only)) {
      continue;
    }
    SCOPED_TRACE(attack_vector.name);
    watchdog.Doing(attack_vector.name);
    const Observed seen = Try(with, attack_vector, true);
    const Observed unseen = Try(without, attack_vector, false);
    for (const std::string& theft : seen.thefts) ADD_FAILURE() << theft;
    ExpectAlike("answer", seen.answers, unseen.answers);
    ExpectAlike("request", seen.requests, unseen.requests);
    const std::string row = RowOf(attack_vector, seen);
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
