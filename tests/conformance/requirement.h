#ifndef TESTS_CONFORMANCE_REQUIREMENT_H_
#define TESTS_CONFORMANCE_REQUIREMENT_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/conformance/world.h"

namespace cvr::testing {

enum class Level { kNone, kMay, kShould, kMust };

// One thing that the OCI distribution-spec wants of a registry that is pulled
// from, in our words.
struct Requirement {
  std::string section;  // Its heading there.
  Level v1_1_1;         // How much release v1.1.1 wants it,
  Level main;           // and how much the main branch does.
  std::string text;
  // Empty when it holds, else what was seen.
  std::function<std::string(const World&)> check;
};

std::vector<Requirement> ManifestRequirements();
std::vector<Requirement> BlobRequirements();
std::vector<Requirement> TagRequirements();
std::vector<Requirement> ReferrersRequirements();
std::vector<Requirement> ErrorRequirements();

}  // namespace cvr::testing

#endif  // TESTS_CONFORMANCE_REQUIREMENT_H_
