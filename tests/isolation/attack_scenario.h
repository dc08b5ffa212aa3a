#ifndef TESTS_ISOLATION_ATTACK_SCENARIO_H_
#define TESTS_ISOLATION_ATTACK_SCENARIO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/isolation/secret.h"
#include "tests/isolation/world.h"
#include "tests/support/tcp_client.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

// What the adversary can see, in the order in which he saw it.
struct Observed {
  // His answers in full, what differs from run to run left out.
  std::vector<std::string> answers;
  // The same, in the words of the table.
  std::vector<std::string> outcomes;
  // What his upstream was asked: method, target, Range and conditions.
  std::vector<std::string> requests;
  // What must never happen; empty = it did not.
  std::vector<std::string> thefts;
};

// Where a download of the victim stands while the adversary asks.
enum class Point { kStart, kMiddle, kLastByte };

// What the victim's registry wants to see before it shows anything.
enum class Access {
  kPassword,
  kTokenForPassword,
  kClientCertificate,
  kNothing
};

// A victim with a private image and an adversary who knows its digests, each
// with a registry of one upstream. The adversary controls his upstream; its
// repository `team/private` is empty at first. What he makes is taken away in
// the end.
//
// Made in two worlds, one in which the victim does everything and one in which
// he does nothing, since the adversary must not be able to tell which he is in.
class AttackScenario {
 public:
  static constexpr char kRepository[] = "team/private";

  AttackScenario(World& world, const std::string& name, bool victim_acts,
                 Access access = Access::kPassword);
  ~AttackScenario();
  AttackScenario(const AttackScenario&) = delete;
  AttackScenario& operator=(const AttackScenario&) = delete;

  World& world() { return world_; }
  const Secret& secret() const { return secret_; }
  bool victim_acts() const { return victim_acts_; }
  std::string DigestOf(const std::string& part) const;

  // --- The victim, if he acts.

  FakeRegistry& victims_upstream() { return victims_upstream_; }
  int64_t victims_registry() const { return victims_registry_; }
  int64_t victims_upstream_id() const { return victims_upstream_id_; }
  // Pulls all that there is; it is stored afterwards.
  void VictimPulls();
  // Pulls one part of it, likewise.
  void VictimPulls(const std::string& part);
  // Begins to pull the layer. The download stands at `point` afterwards, and
  // goes on with VictimGoesOn(), after which it is stored.
  void VictimBegins(Point point);
  void VictimGoesOn();
  // The same, without waiting for what comes of it.
  void OpenGate();
  // Pulls the layer, which breaks off in the middle and cannot be continued.
  void VictimIsInterrupted();
  void VictimPurges();
  // Waits until the bytes of the layer have been pushed out by others.
  void AwaitEvicted();

  // --- The adversary.

  FakeRegistry& upstream() { return adversarys_upstream_; }
  int64_t registry() const { return registry_; }
  int64_t upstream_id() const { return upstream_id_; }
  // Adds a manifest of his own making to his upstream.
  void Publish(const std::string& tag, const std::string& media_type,
               const std::string& manifest);
  // The same, of an image manifest with these members: `"layers":[...]`.
  void PublishImage(const std::string& tag, const std::string& members);
  // His upstream answers every such request like this from now on.
  void Answer(const std::string& method, const std::string& target_contains,
              FakeAnswer answer);
  // From here on he has the bytes himself.
  void GetsHold(const std::string& part);
  void LosesHold() { upstream().RemoveRepository(kRepository); }

  // A registry gets another name, by which it can be pulled.
  void Rename(int64_t registry_id, const std::string& name);

  // Another registry of his, with an upstream of these settings.
  void MovesToUpstream(const nlohmann::json& settings);

  void Ask(const std::string& method, const std::string& path,
           const std::vector<std::string>& headers = {});
  // Of a part of the secret, by its digest.
  void AskPart(const std::string& method, const std::string& part,
               const std::vector<std::string>& headers = {});
  // GET of all parts.
  void AskAll();
  void AskTarget(const std::string& secret, const std::string& method,
                 const std::string& target,
                 const std::vector<std::string>& headers = {});
  // What he has pulled is recorded a moment after he has it.
  void AwaitRecorded(const std::string& path);
  // Of administration, with his token that may write.
  nlohmann::json Call(const std::string& method, const nlohmann::json& request);

  // What the victim's registry was asked by now is seen by him, too: he has an
  // account there.
  void CountAtTheVictims();

  // All that was seen, once nothing is going on any more.
  Observed Finish();

 private:
  // Settings of the victim's upstream.
  nlohmann::json SettingsFor(Access access);
  std::string PathOf(const std::string& part) const;
  void PullForVictim(const std::string& path);
  bool IsRecorded(int64_t upstream_id, const std::string& path);
  void AwaitStored(const std::string& path);
  void AwaitReceived(uint64_t bytes);
  void Note(const std::string& asked, const HttpResponse& response);
  void NoteRequests(const FakeRegistry& registry);
  std::string Scrubbed(const std::string& text) const;

  World& world_;
  const bool victim_acts_;
  const Secret secret_;
  FakeRegistry victims_upstream_;
  FakeRegistry adversarys_upstream_;
  int64_t victims_registry_ = 0;
  int64_t victims_upstream_id_ = 0;
  int64_t registry_ = 0;
  int64_t upstream_id_ = 0;
  std::vector<int64_t> registries_;
  std::vector<int64_t> upstreams_;
  std::shared_ptr<Gate> gate_;
  std::unique_ptr<TcpClient> victims_client_;
  // The parts that his upstream has delivered by now, or can deliver.
  std::vector<std::string> held_;
  Observed observed_;
};

}  // namespace cvr::testing

#endif  // TESTS_ISOLATION_ATTACK_SCENARIO_H_
