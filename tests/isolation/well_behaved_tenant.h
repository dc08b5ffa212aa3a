#ifndef TESTS_ISOLATION_WELL_BEHAVED_TENANT_H_
#define TESTS_ISOLATION_WELL_BEHAVED_TENANT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/integration/system.h"
#include "tests/isolation/world.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

// How long uses of one resource took, and what went wrong with one.
struct Latency {
  std::vector<absl::Duration> uses;
  std::string wrong;  // Empty = nothing.

  absl::Duration Median() const;
  absl::Duration Max() const;
};

// A tenant with a good upstream of his own, who uses everything that there is
// to use, one after the other, and notices how long it takes.
class WellBehavedTenant {
 public:
  explicit WellBehavedTenant(World& world);

  // What he uses: `cold blob`, `login`.
  std::vector<std::string> ResourceNames() const;
  // Uses each a few times. `before_each` is called before every use.
  std::vector<Latency> UseAll(const std::function<void()>& before_each);

 private:
  struct Resource {
    std::string name;
    std::function<std::string()> use;  // Answers what is wrong.
  };

  std::vector<Resource> Pulls();
  std::vector<Resource> Others();
  std::string Get(const std::string& path, const std::string& expected);
  std::string Send(const std::string& method, const std::string& target,
                   const std::string& authorization,
                   const std::string& body = "");
  std::string UpdateByGrpc();
  // Of an image that nobody has asked for yet.
  Image NewImage();

  World& world_;
  FakeRegistry upstream_;
  int64_t registry_ = 0;
  int count_ = 0;
  Image warm_ = NewImage();
  std::vector<Resource> resources_;
};

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_WELL_BEHAVED_TENANT_H_
