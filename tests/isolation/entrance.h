#ifndef TESTS_ISOLATION_ENTRANCE_H_
#define TESTS_ISOLATION_ENTRANCE_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/isolation/encounter.h"

namespace cvr::testing {

// One way in which the adversary tries to get at what the victim has cached.
struct Entrance {
  std::string name;
  // What the victim has done by then, and what the adversary does.
  std::function<void(Encounter&)> attack;
};

// He just asks.
std::vector<Entrance> AskingEntrances();
// His upstream names what is the victim's.
std::vector<Entrance> NamingEntrances();
// His upstream claims to have it.
std::vector<Entrance> ClaimingEntrances();
// While it is downloaded, interrupted, purged or evicted.
std::vector<Entrance> TimelyEntrances();
// By administration, and by what administration tells.
std::vector<Entrance> AdministrationEntrances();

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_ENTRANCE_H_
