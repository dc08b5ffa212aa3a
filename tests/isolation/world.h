#ifndef TESTS_ISOLATION_WORLD_H_
#define TESTS_ISOLATION_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "tests/integration/system.h"
#include "tests/support/http_client.h"
#include "tests/support/reflection_client.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

// Who may do what in one group.
struct Tenant {
  std::string group;
  std::string reader;  // Secrets of access tokens.
  std::string writer;
};

// The credentials of an upstream, as a request has them.
nlohmann::json LoginOf(const std::string& username,
                       const std::string& password);

// A running system with two tenants who have nothing in common. Registry 1
// (System) is everybody's. Not thread-safe.
class World {
 public:
  // `flags` are for the process that stores blobs.
  explicit World(Shape shape, std::vector<std::string> flags = {});

  System& system() { return system_; }
  const Tenant& victim() const { return victim_; }
  const Tenant& adversary() const { return adversary_; }
  // What registry 1 pulls from.
  FakeRegistry& common_upstream() { return common_upstream_; }

  // Kills it and starts it again on the same data.
  void Crash();

  // Calls `UpstreamService/CreateUpstream`, say, with that secret, or a method
  // of another package by its full name. Errors: what the server answers;
  // NOT_FOUND when it has no such service.
  absl::StatusOr<nlohmann::json> Call(const std::string& secret,
                                      const std::string& method,
                                      const nlohmann::json& request);
  // The same as the administrator; fails the test when that fails.
  nlohmann::json Must(const std::string& method, const nlohmann::json& request);

  // Waits for the end of an operation, which must be a success.
  nlohmann::json Await(const nlohmann::json& operation);

  // Ids of what was made.
  int64_t CreateRegistry(const Tenant& tenant);
  int64_t CreateUpstream(const Tenant& tenant, nlohmann::json settings);
  void Attach(int64_t registry_id, int64_t upstream_id);
  // What may be gone by now.
  void DeleteRegistry(int64_t id);
  void DeleteUpstream(int64_t id);

  // A request for `path` of a registry, as docker makes it.
  HttpResponse Ask(const std::string& secret, const std::string& method,
                   int64_t registry_id, const std::string& path,
                   std::vector<std::string> headers = {});
  // That at the root of the host, or at any other target.
  HttpResponse AskTarget(const std::string& secret, const std::string& method,
                         const std::string& target,
                         std::vector<std::string> headers = {});
  static std::string TargetOf(int64_t registry_id, const std::string& path);

  // Waits until no fetch runs, or none of that upstream.
  void AwaitQuiet(int64_t upstream_id = 0);

 private:
  Tenant MakeTenant(const std::string& group);
  std::string MakeToken(const std::string& group, const std::string& scope);

  FakeRegistry common_upstream_;
  System system_;
  int count_ = 0;
  // By secret: each learns what methods look like, which is slow.
  std::map<std::string, std::unique_ptr<ReflectionClient>> clients_;
  Tenant victim_;
  Tenant adversary_;
};

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_WORLD_H_
