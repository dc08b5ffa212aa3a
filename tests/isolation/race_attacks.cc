// At the right moment: while the victim's download runs, when it was
// interrupted, after a restart, a purge or an eviction.
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

void AskForTheLayer(AttackScenario& e) {
  e.AskPart("GET", "layer");
  e.AskPart("HEAD", "layer");
  e.AskPart("GET", "layer", {"Range: bytes=0-99"});
  e.AskPart("GET", "layer", {"Range: bytes=599000-"});
}

// Of a range of bytes that turn out wrong, how often it is tried is a race.
void AskForTheLayer(AttackScenario& e, bool whole_only) {
  if (!whole_only) return AskForTheLayer(e);
  e.AskPart("GET", "layer");
  e.AskPart("HEAD", "layer");
}

FakeAnswer WrongBytes(AttackScenario& e) {
  return FakeAnswer::Status(200,
                            {{"Docker-Content-Digest", e.DigestOf("layer")}},
                            std::string(e.secret().layer.size(), 'x'));
}

// A registry that has whatever part is asked for, if one believes it.
FakeAnswer TheRest(AttackScenario& e) {
  const size_t size = e.secret().layer.size();
  const size_t from = 262'144;
  return FakeAnswer::Status(
      206,
      {{"Content-Range",
        absl::StrCat("bytes ", from, "-", size - 1, "/", size)},
       {"ETag", "\"" + e.DigestOf("layer") + "\""}},
      std::string(size - from, 'x'));
}

AttackVector InFlight(const std::string& name, Point point, bool claims) {
  return {absl::StrCat("the victim's download ", name,
                       claims ? "; wrong bytes of his own" : ""),
          [point, claims](AttackScenario& e) {
            e.VictimBegins(point);
            if (claims) e.Answer("GET", e.DigestOf("layer"), WrongBytes(e));
            AskForTheLayer(e, claims);
            e.VictimGoesOn();
            AskForTheLayer(e, claims);
          }};
}

AttackVector Interrupted(bool restarted, bool claims) {
  return {absl::StrCat("the victim's download was interrupted",
                       restarted ? ", after a crash" : "",
                       claims ? "; he offers the rest" : ""),
          [restarted, claims](AttackScenario& e) {
            e.VictimIsInterrupted();
            if (restarted) e.world().Crash();
            if (claims) e.Answer("GET", e.DigestOf("layer"), TheRest(e));
            AskForTheLayer(e);
          }};
}

}  // namespace

std::vector<AttackVector> RaceAttacks() {
  return {
      InFlight("has begun", Point::kStart, false),
      InFlight("is in the middle", Point::kMiddle, false),
      InFlight("lacks one byte", Point::kLastByte, false),
      InFlight("has begun", Point::kStart, true),
      InFlight("is in the middle", Point::kMiddle, true),
      InFlight("lacks one byte", Point::kLastByte, true),
      Interrupted(false, false),
      Interrupted(false, true),
      Interrupted(true, false),
      Interrupted(true, true),
      {"after a crash",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.world().Crash();
         e.AskAll();
       }},
      {"after the victim has purged",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.VictimPurges();
         e.AskAll();
         e.VictimPulls();
         e.AskAll();
       }},
      {"the victim pulls in between",
       [](AttackScenario& e) {
         e.AskAll();
         e.VictimPulls();
         e.AskAll();
       }},
      {"what he had is purged, and the victim pulls it",
       [](AttackScenario& e) {
         e.GetsHold("layer");
         e.AskPart("GET", "layer");
         e.world().AwaitQuiet();
         e.Call("CacheService/PurgeUpstreamCache",
                {{"upstream_id", e.upstream_id()}});
         e.LosesHold();
         e.VictimPulls();
         e.AskPart("GET", "small");
         e.AskPart("GET", "manifest");
       }},
  };
}

}  // namespace cvr::testing
