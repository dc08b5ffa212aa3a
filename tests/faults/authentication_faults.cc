// Faults of logging in: challenges, realms, tokens.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/faults/fault.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

FakeAnswer Challenge(const std::string& realm) {
  return FakeAnswer::Status(
      401, {{"WWW-Authenticate",
             absl::StrCat("Bearer realm=\"", realm, "\",service=\"fake\"")}});
}

std::string OwnRealm(Scene& scene) {
  return absl::StrCat(scene.origin().url(), "/token");
}

std::string ForeignRealm(Scene& scene) {
  return absl::StrCat(scene.elsewhere_url(), "/token");
}

void UseCredentials(Scene& scene, v1::Upstream& upstream) {
  scene.UseCredentials(upstream);
}

void NeedTokens(Scene& scene, v1::Upstream&) {
  scene.origin().RequireBearer({});
}

Fault LoginFault(std::string name) {
  return {.name = std::move(name), .prepare = UseCredentials};
}

// Which breaks off, and by then our token has expired.
FakeAnswer BlobThatOutlivesItsToken(Scene& scene) {
  FakeAnswer answer;
  answer.reset_at_byte = 300'000;
  answer.before_break = [&scene] { scene.origin().RevokeTokens(); };
  return answer;
}

// What other registries answer for what is not for us.
Fault HiddenFault() {
  Fault hidden = LoginFault("403 whatever token is shown");
  hidden.begin = [](Scene& scene) {
    if (scene.cached() == Cached::kNothing) {
      scene.AnswerAll(Challenge(OwnRealm(scene)), 1);
    }
    scene.AnswerAll(FakeAnswer::Status(403));
  };
  hidden.cold_tag = hidden.cold_digest = Failed(404, "MANIFEST_UNKNOWN", 0, 3);
  hidden.cold_blob = Failed(404, "BLOB_UNKNOWN", 0, 3);
  hidden.stale_tag = Failed(404, "MANIFEST_UNKNOWN", 0, 2);
  return hidden;
}

// The same where nobody else may answer for it.
Fault StoppedFault(Fault stopped) {
  stopped.name = "401 whatever token is shown, --on-hidden stop";
  stopped.prepare = [](Scene& scene, v1::Upstream& upstream) {
    UseCredentials(scene, upstream);
    auto& actions = *upstream.mutable_failure_policy()->mutable_hidden();
    actions.set_cached(v1::FailurePolicy::FAILURE_ACTION_STOP);
    actions.set_tag(v1::FailurePolicy::FAILURE_ACTION_STOP);
    actions.set_digest(v1::FailurePolicy::FAILURE_ACTION_STOP);
  };
  stopped.cold_tag = stopped.cold_digest = stopped.cold_blob =
      Failed(403, "DENIED", 0, 3);
  stopped.stale_tag = Failed(403, "DENIED", 0, 4);
  return stopped;
}

}  // namespace

std::vector<Fault> AuthenticationFaults() {
  std::vector<Fault> faults;

  Fault loop = LoginFault("401 whatever token is shown");
  loop.begin = [](Scene& scene) {
    scene.AnswerAll(Challenge(OwnRealm(scene)));
  };
  loop.cold_tag = loop.cold_digest = Failed(404, "MANIFEST_UNKNOWN", 0, 3);
  loop.cold_blob = Failed(404, "BLOB_UNKNOWN", 0, 3);
  // Once with the remembered token, once without one, once with another.
  loop.stale_tag = Failed(404, "MANIFEST_UNKNOWN", 0, 4);
  faults.push_back(loop);

  // What registries answer for repositories that do not exist.
  Fault anonymous = loop;
  anonymous.name = "401 whatever anonymous token is shown";
  anonymous.prepare = NeedTokens;
  faults.push_back(anonymous);

  faults.push_back(HiddenFault());

  faults.push_back(StoppedFault(loop));

  Fault refused = LoginFault("the token service refuses our credentials");
  refused.begin = [](Scene& scene) {
    scene.origin().RevokeTokens();
    scene.origin().Answer({"", "/token"}, FakeAnswer::Status(401),
                          FakeRegistry::kAlways);
  };
  refused.cold_tag = refused.cold_digest = refused.cold_blob =
      Failed(403, "DENIED", 0, 2);
  refused.stale_tag = Failed(403, "DENIED", 0, 3);
  faults.push_back(refused);

  Fault broken = refused;
  broken.name = "the token service is broken";
  broken.begin = [](Scene& scene) {
    scene.origin().RevokeTokens();
    scene.origin().Answer({"", "/token"}, FakeAnswer::Status(500),
                          FakeRegistry::kAlways);
  };
  broken.cold_tag = broken.cold_digest = broken.cold_blob = Unavailable(2);
  broken.stale_tag = ServedStale(3);
  faults.push_back(broken);

  Fault hostile = LoginFault("a realm on a stranger's host");
  hostile.begin = [](Scene& scene) {
    scene.elsewhere().RequireBearer({});
    scene.AnswerAll(Challenge(ForeignRealm(scene)));
  };
  hostile.cold_tag = hostile.cold_digest = hostile.cold_blob =
      Failed(403, "DENIED", 0, 2, 1);
  hostile.stale_tag = Failed(403, "DENIED", 0, 3, 1);
  faults.push_back(hostile);

  Fault moved = LoginFault("a realm that redirects to a stranger's host");
  moved.begin = [](Scene& scene) {
    scene.origin().RevokeTokens();
    scene.elsewhere().RequireBearer({});
    scene.origin().Answer({"", "/token"},
                          FakeAnswer::Redirect(ForeignRealm(scene)),
                          FakeRegistry::kAlways);
  };
  moved.cold_tag = moved.cold_digest = moved.cold_blob =
      Failed(403, "DENIED", 0, 3, 1);
  moved.stale_tag = Failed(403, "DENIED", 0, 4, 1);
  faults.push_back(moved);

  Fault nonsense = LoginFault("a realm that is no URL");
  nonsense.begin = [](Scene& scene) { scene.AnswerAll(Challenge("http://[")); };
  nonsense.cold_tag = nonsense.cold_digest = nonsense.cold_blob = Invalid(1);
  nonsense.stale_tag = ServedStale(3);
  faults.push_back(nonsense);

  Fault expired = LoginFault("the token has expired");
  expired.begin = [](Scene& scene) {
    scene.PullAnotherTag();
    scene.origin().RevokeTokens();
  };
  expired.cold_tag = Fetched("tag", 4);
  expired.cold_digest = Fetched("digest", 4);
  expired.cold_blob = Fetched("blob", 4);
  expired.stale_tag = Revalidated(4);
  faults.push_back(expired);

  Fault midway = LoginFault("the token expires in the middle of a blob");
  midway.begin = [](Scene& scene) {
    scene.AnswerGets(BlobThatOutlivesItsToken(scene), 2);
  };
  midway.cold_blob = Fetched("blob", 7);
  faults.push_back(midway);
  return faults;
}

}  // namespace cvr::testing
