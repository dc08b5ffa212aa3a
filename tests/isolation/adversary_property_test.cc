// What the table of attacks shows one by one, in random order: whatever a
// victim and an adversary do, the adversary gets no byte that his upstream has
// not delivered, and sees the same as if the victim had done nothing.
//
// CVR_SCHEDULES=1000 tries more schedules, CVR_SEED=7 begins with another one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/isolation/attack.h"
#include "tests/isolation/attack_scenario.h"
#include "tests/isolation/world.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

constexpr int kSteps = 20;
constexpr const char* kParts[] = {"layer", "small", "config", "manifest"};

int NumberFrom(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number
                                                            : otherwise;
}

struct Step {
  std::string name;
  std::function<void(AttackScenario&)> run;
};

// Steps in random order, each with all that is random about it decided.
class Schedule {
 public:
  explicit Schedule(uint32_t seed) : random_(seed) {
    for (int i = 0; i < kSteps; ++i) steps_.push_back(NextStep(i));
  }

  const std::vector<Step>& steps() const { return steps_; }
  std::string ToString() const {
    return absl::StrJoin(steps_, "\n  ", [](std::string* out, const Step& s) {
      out->append(s.name);
    });
  }

 private:
  int Below(int bound) { return static_cast<int>(random_() % bound); }
  std::string Part() { return kParts[Below(4)]; }

  Step NextStep(int number) {
    switch (Below(10)) {
      case 0:
      case 1:
        return VictimStep();
      case 2:
        return NamingStep(number);
      case 3:
        return ClaimingStep();
      case 4:
        return AdministrationStep();
      default:
        return AskingStep();
    }
  }

  Step VictimStep() {
    const std::string part = Part();
    switch (Below(4)) {
      case 0:
        return {"the victim purges",
                [](AttackScenario& e) { e.VictimPurges(); }};
      case 1:
        return {"everything crashes",
                [](AttackScenario& e) { e.world().Crash(); }};
      default:
        return {"the victim pulls " + part,
                [part](AttackScenario& e) { e.VictimPulls(part); }};
    }
  }

  Step NamingStep(int number) {
    const std::string tag = absl::StrCat("tag-", number);
    return {
        absl::StrCat("he names everything in ", tag), [tag](AttackScenario& e) {
          std::vector<std::string> layers;
          for (const auto& [name, bytes] : e.secret().Parts()) {
            layers.push_back(DescriptorOf(kOciLayer, *bytes));
          }
          e.PublishImage(
              tag,
              absl::StrCat(R"("config":)",
                           DescriptorOf(kOciConfig, e.secret().config),
                           R"(,"layers":[)", absl::StrJoin(layers, ","), "]"));
          e.Ask("GET",
                absl::StrCat(AttackScenario::kRepository, "/manifests/", tag));
        }};
  }

  Step ClaimingStep() {
    const std::string part = Part();
    const int kind = Below(5);
    if (kind == 0) {
      return {"he claims nothing any more",
              [](AttackScenario& e) { e.upstream().ClearAnswers(); }};
    }
    if (kind == 1) {
      return {"he really gets hold of " + part, [part](AttackScenario& e) {
                e.upstream().ClearAnswers();
                e.GetsHold(part);
              }};
    }
    return {absl::StrCat("he claims ", part, " in way ", kind),
            [part, kind](AttackScenario& e) { Claim(e, part, kind); }};
  }

  static void Claim(AttackScenario& e, const std::string& part, int kind) {
    const std::vector<HttpHeader> headers = {
        {"Docker-Content-Digest", e.DigestOf(part)},
        {"Content-Type", kOciManifest},
        {"Content-Range", "bytes 0-0/1000"}};
    const int status = kind == 2 ? 206 : kind == 3 ? 200 : 416;
    // How often a range of wrong bytes is tried is a race; of none, it is not.
    const std::string bytes = kind == 3 ? "" : "x";
    e.upstream().ClearAnswers();
    e.Answer("", e.DigestOf(part), FakeAnswer::Status(status, headers, bytes));
  }

  Step AdministrationStep() {
    const std::string part = Part();
    if (Below(3) == 0) {
      return {"he purges", [](AttackScenario& e) {
                e.Call("CacheService/PurgeUpstreamCache",
                       {{"upstream_id", e.upstream_id()}});
              }};
    }
    return {"he makes an entry for " + part, [part](AttackScenario& e) {
              const char* kind = e.secret().IsManifest(part)
                                     ? "CONTENT_KIND_MANIFEST"
                                     : "CONTENT_KIND_BLOB";
              RecordEntry(e, e.DigestOf(part), kind, part, kOciManifest);
            }};
  }

  Step AskingStep() {
    const std::string part = Part();
    const std::string method = Below(4) == 0 ? "HEAD" : "GET";
    std::vector<std::string> headers;
    if (Below(3) == 0) {
      headers = {absl::StrCat("Range: bytes=", Below(700'000), "-")};
    }
    return {absl::StrCat("he asks ", method, " ", part, " ",
                         absl::StrJoin(headers, "")),
            [=](AttackScenario& e) { e.AskPart(method, part, headers); }};
  }

  std::mt19937 random_;
  std::vector<Step> steps_;
};

Observed Play(World& world, const std::string& name, const Schedule& schedule,
              bool victim_acts, Watchdog& watchdog) {
  AttackScenario scenario(world, name, victim_acts);
  for (const Step& step : schedule.steps()) {
    watchdog.Doing(absl::StrCat(name, ": ", step.name));
    step.run(scenario);
  }
  return scenario.Finish();
}

class AdversaryPropertyTest : public ::testing::TestWithParam<Shape> {};

TEST_P(AdversaryPropertyTest, WhateverIsDoneHeSeesOnlyHisOwn) {
  const int schedules = NumberFrom("CVR_SCHEDULES", 5);
  const int first = NumberFrom("CVR_SEED", 1);
  Watchdog watchdog(absl::Minutes(4));
  World with(GetParam());
  World without(GetParam());
  for (int seed = first; seed < first + schedules; ++seed) {
    const Schedule schedule(seed);
    const std::string name = absl::StrCat("seed ", seed);
    const Observed seen = Play(with, name, schedule, true, watchdog);
    const Observed unseen = Play(without, name, schedule, false, watchdog);
    EXPECT_TRUE(seen.thefts.empty()) << absl::StrJoin(seen.thefts, "\n");
    EXPECT_EQ(seen.answers, unseen.answers);
    EXPECT_EQ(seen.requests, unseen.requests);
    if (HasFailure()) {
      std::cerr << "CVR_SEED=" << seed << "\n  " << schedule.ToString() << "\n";
      break;
    }
  }
  std::cout << "seeds " << first << " to " << first + schedules - 1 << "\n";
}

INSTANTIATE_TEST_SUITE_P(Shapes, AdversaryPropertyTest,
                         ::testing::Values(Shape::kStandalone,
                                           Shape::kThreeProcesses),
                         [](const auto& info) {
                           return info.param == Shape::kStandalone
                                      ? "Standalone"
                                      : "ThreeProcesses";
                         });

}  // namespace
}  // namespace cvr::testing
