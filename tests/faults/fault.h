#ifndef TESTS_FAULTS_FAULT_H_
#define TESTS_FAULTS_FAULT_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cvr/v1/upstream.pb.h"
#include "tests/faults/seen.h"

namespace cvr::testing {

class Scene;

// One way in which an upstream fails, and what pulls come to while it does.
//
// What is cached and needs no question to the upstream is served whatever is
// wrong with it: that is the same for all and so not said here.
struct Fault {
  std::string name;
  // The upstream speaks TLS, with a certificate that nobody trusts.
  bool tls = false;
  // By the time the upstream is asked again, the tag is another image's.
  bool moves_tag = false;
  // Before anything is asked: what is particular about the upstream.
  std::function<void(Scene&, v1::Upstream&)> prepare = nullptr;
  // From here on it fails.
  std::function<void(Scene&)> begin = nullptr;
  // Runs beside the pull; must return once Scene::answered() is set.
  std::function<void(Scene&)> during = nullptr;
  // It consists in another URL, so what is cached is purged.
  bool is_another_url = false;
  // Whether the next pull works as soon as the upstream does.
  bool is_over_at_once = true;

  // Of what is not cached; absent = there is no such case.
  std::optional<Seen> cold_tag;
  std::optional<Seen> cold_digest;
  std::optional<Seen> cold_blob;
  // Of a tag that is cached and has to be revalidated.
  std::optional<Seen> stale_tag;
};

std::vector<Fault> ConnectionFaults();
std::vector<Fault> AuthenticationFaults();
std::vector<Fault> StatusFaults();
std::vector<Fault> RedirectFaults();
std::vector<Fault> BodyFaults();
std::vector<Fault> ManifestFaults();

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_FAULT_H_
