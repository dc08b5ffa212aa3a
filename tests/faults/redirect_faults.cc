// Redirects, as registries send them and as nobody should.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/faults/fault.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

// Storage services accept one signature for a while.
constexpr char kSignature[] = "signature=1";

// Every question goes to `location`; who comes from there is served.
void RedirectTo(Scene& scene, const std::string& location) {
  scene.origin().Answer({"", kSignature}, FakeAnswer(), FakeRegistry::kAlways);
  scene.AnswerAll(FakeAnswer::Redirect(location));
}

std::string Elsewhere(Scene& scene) {
  return absl::StrCat(scene.elsewhere_url(), scene.target());
}

void UseCredentials(Scene& scene, v1::Upstream& upstream) {
  scene.UseCredentials(upstream);
}

// The first signature is good for half of the blob, once.
void SignForHalf(Scene& scene) {
  FakeAnswer half;
  half.truncate_at_byte = 300'000;
  scene.elsewhere().Answer({"", kSignature}, half);
  scene.elsewhere().Answer({"", kSignature}, FakeAnswer::Status(403),
                           FakeRegistry::kAlways);
  scene.AnswerGets(
      FakeAnswer::Redirect(absl::StrCat(Elsewhere(scene), "?", kSignature)), 1);
  scene.AnswerGets(
      FakeAnswer::Redirect(absl::StrCat(Elsewhere(scene), "?signature=2")), 1);
}

}  // namespace

std::vector<Fault> RedirectFaults() {
  return {
      {.name = "a redirect to a relative location",
       .begin =
           [](Scene& scene) {
             RedirectTo(scene, absl::StrCat("?", kSignature));
           },
       .cold_tag = Fetched("tag", 2),
       .cold_digest = Fetched("digest", 2),
       .cold_blob = Fetched("blob", 2),
       .stale_tag = Revalidated(2)},
      // Logs in at the first host (three requests), not at the second.
      {.name = "a redirect to another host, after logging in",
       .prepare = UseCredentials,
       .begin =
           [](Scene& scene) {
             scene.PullAnotherTag();
             RedirectTo(scene, Elsewhere(scene));
           },
       .cold_tag = Fetched("tag", 1, 1),
       .cold_digest = Fetched("digest", 1, 1),
       .cold_blob = Fetched("blob", 1, 1),
       .stale_tag = Revalidated(1, 1)},
      {.name = "a redirect to another host that asks to log in",
       .prepare = UseCredentials,
       .begin =
           [](Scene& scene) {
             scene.PullAnotherTag();
             scene.origin().RequireNoAuth();
             scene.elsewhere().RequireBearer(
                 {.service = "elsewhere", .token_prefix = "elsewhere-"});
             RedirectTo(scene, Elsewhere(scene));
           },
       .cold_tag = Fetched("tag", 1, 3),
       .cold_digest = Fetched("digest", 1, 3),
       .cold_blob = Fetched("blob", 1, 3),
       .stale_tag = Revalidated(1, 3)},
      // Where clouds keep the credentials of machines.
      {.name = "a redirect to a link-local address",
       .begin =
           [](Scene& scene) {
             RedirectTo(scene, "http://169.254.169.254/latest/meta-data");
           },
       .cold_tag = Failed(403, "DENIED", 0, 1),
       .cold_digest = Failed(403, "DENIED", 0, 1),
       .cold_blob = Failed(403, "DENIED", 0, 1),
       .stale_tag = ServedStale(1)},
      {.name = "redirects in a circle",
       .begin = [](Scene& scene) { RedirectTo(scene, scene.target()); },
       .cold_tag = Invalid(6),
       .cold_digest = Invalid(6),
       .cold_blob = Invalid(6),
       .stale_tag = ServedStale(12)},
      {.name = "a redirect to nowhere",
       .begin = [](Scene& scene) { RedirectTo(scene, "gopher://x"); },
       .cold_tag = Invalid(1),
       .cold_digest = Invalid(1),
       .cold_blob = Invalid(1),
       .stale_tag = ServedStale(2)},
      {.name = "a redirect whose signature has expired in mid-blob",
       .begin = SignForHalf,
       .cold_blob = Fetched("blob", 2, 2)},
  };
}

}  // namespace cvr::testing
