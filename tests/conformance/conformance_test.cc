// The pull side of the OCI distribution-spec, v1.1.1 and main, over HTTP: what
// it wants, and whether cvr-standalone does so. Fails when a MUST does not
// hold; or a SHOULD, or what is listed of the MAYs: there is no reason yet to
// leave one out.

#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/conformance/requirement.h"
#include "tests/conformance/world.h"

namespace cvr::testing {
namespace {

const char* NameOf(Level level) {
  switch (level) {
    case Level::kNone:
      return "-";
    case Level::kMay:
      return "MAY";
    case Level::kShould:
      return "SHOULD";
    case Level::kMust:
      return "MUST";
  }
  return "";
}

std::vector<Requirement> AllRequirements() {
  std::vector<Requirement> all;
  for (auto* some : {ManifestRequirements, BlobRequirements, TagRequirements,
                     ReferrersRequirements, ErrorRequirements}) {
    for (Requirement& requirement : some()) {
      all.push_back(std::move(requirement));
    }
  }
  return all;
}

TEST(ConformanceTest, EveryRequirementOfPullIsMet) {
  const World world;
  ASSERT_FALSE(HasFailure()) << world.Log();
  std::cout << "| outcome | v1.1.1 | main | section | requirement |\n"
            << "|---|---|---|---|---|\n";
  for (const Requirement& requirement : AllRequirements()) {
    const std::string problem = requirement.check(world);
    std::cout << "| " << (problem.empty() ? "ok" : "FAILS") << " | "
              << NameOf(requirement.v1_1_1) << " | " << NameOf(requirement.main)
              << " | " << requirement.section << " | " << requirement.text
              << " |\n";
    EXPECT_EQ(problem, "") << requirement.section << ": " << requirement.text;
  }
  if (HasFailure()) std::cout << world.Log();
}

}  // namespace
}  // namespace cvr::testing
