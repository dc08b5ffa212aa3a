#ifndef TESTS_ISOLATION_ATTACK_H_
#define TESTS_ISOLATION_ATTACK_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/isolation/attack_scenario.h"

namespace cvr::testing {

// One way in which the adversary tries to get at what the victim has cached.
struct AttackVector {
  std::string name;
  // What the victim has done by then, and what the adversary does.
  std::function<void(AttackScenario&)> attack;
};

// He calls what the blob service records cache entries with, as if his upstream
// had delivered that part of the secret under `reference`, of a ContentKind.
void RecordEntry(AttackScenario& scenario, const std::string& reference,
                 const std::string& kind, const std::string& part,
                 const std::string& media_type);

// He just asks.
std::vector<AttackVector> AskingAttacks();
// His upstream names what is the victim's.
std::vector<AttackVector> NamingAttacks();
// His upstream claims to have it.
std::vector<AttackVector> ClaimingAttacks();
// While it is downloaded, interrupted, purged or evicted.
std::vector<AttackVector> RaceAttacks();
// By administration, and by what administration tells.
std::vector<AttackVector> AdministrationAttacks();

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_ATTACK_H_
