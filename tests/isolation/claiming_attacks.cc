// An upstream that says it has what it has not, and controls: one that has it.
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

std::string SizeOf(const std::string& bytes) {
  return absl::StrCat(bytes.size());
}

// What a registry says of the layer before its bytes.
std::vector<HttpHeader> HeadersOf(AttackScenario& e) {
  return {{"Docker-Content-Digest", e.DigestOf("layer")},
          {"ETag", "\"" + e.DigestOf("layer") + "\""},
          {"Accept-Ranges", "bytes"},
          {"Content-Type", "application/octet-stream"}};
}

FakeAnswer Claim(AttackScenario& e, int status, std::vector<HttpHeader> more,
                 std::string body) {
  std::vector<HttpHeader> headers = HeadersOf(e);
  headers.insert(headers.end(), more.begin(), more.end());
  return FakeAnswer::Status(status, std::move(headers), std::move(body));
}

// Every request for the layer is answered so, and it is asked for in every way.
AttackVector Claiming(
    const std::string& name,
    const std::function<FakeAnswer(AttackScenario&)>& answer) {
  return {name, [answer](AttackScenario& e) {
            e.VictimPulls();
            e.Answer("", e.DigestOf("layer"), answer(e));
            e.AskPart("GET", "layer");
            e.AskPart("HEAD", "layer");
            e.AskPart("GET", "layer", {"Range: bytes=0-0"});
            e.AskPart("GET", "layer", {"Range: bytes=599999-"});
            e.AskPart("GET", "layer");
          }};
}

// The same with bytes that turn out wrong: of a range of them, how often it is
// tried is a race.
AttackVector ClaimingWrongBytes(
    const std::string& name,
    const std::function<FakeAnswer(AttackScenario&)>& answer) {
  return {name, [answer](AttackScenario& e) {
            e.VictimPulls();
            e.Answer("", e.DigestOf("layer"), answer(e));
            e.AskPart("GET", "layer");
            e.AskPart("HEAD", "layer");
            e.AskPart("GET", "layer");
          }};
}

std::vector<AttackVector> FalseClaims() {
  return {
      Claiming("206 with one wrong byte, whatever is asked",
               [](AttackScenario& e) {
                 return Claim(
                     e, 206,
                     {{"Content-Range",
                       absl::StrCat("bytes 0-0/", e.secret().layer.size())}},
                     "x");
               }),
      Claiming("200 without a byte",
               [](AttackScenario& e) { return Claim(e, 200, {}, ""); }),
      Claiming("200 with the length and no byte",
               [](AttackScenario& e) {
                 FakeAnswer answer = Claim(e, 200, {}, e.secret().layer);
                 answer.truncate_at_byte = 0;
                 return answer;
               }),
      ClaimingWrongBytes(
          "200 with wrong bytes of the right length",
          [](AttackScenario& e) {
            return Claim(e, 200, {}, std::string(e.secret().layer.size(), 'x'));
          }),
      ClaimingWrongBytes(
          "200 with one wrong byte",
          [](AttackScenario& e) { return Claim(e, 200, {}, "x"); }),
      Claiming("416 that names the length",
               [](AttackScenario& e) {
                 return Claim(
                     e, 416,
                     {{"Content-Range",
                       absl::StrCat("bytes */", SizeOf(e.secret().layer))}},
                     "");
               }),
      Claiming("304", [](AttackScenario& e) { return Claim(e, 304, {}, ""); }),
      Claiming("204", [](AttackScenario& e) { return Claim(e, 204, {}, ""); }),
      Claiming("a redirect to the victim's registry",
               [](AttackScenario& e) {
                 return FakeAnswer::Redirect(
                     absl::StrCat(e.victims_upstream().url(), "/v2/",
                                  AttackScenario::kRepository, "/blobs/",
                                  e.DigestOf("layer")));
               }),
      Claiming(
          "a redirect to the cache itself",
          [](AttackScenario& e) {
            return FakeAnswer::Redirect(absl::StrCat(
                "http://", e.world().system().http(),
                World::TargetOf(e.victims_registry(),
                                absl::StrCat(AttackScenario::kRepository,
                                             "/blobs/", e.DigestOf("layer")))));
          }),
  };
}

// Of the manifest.
AttackVector ClaimingManifest(
    const std::string& name,
    const std::function<FakeAnswer(AttackScenario&)>& answer) {
  return {name, [answer](AttackScenario& e) {
            e.VictimPulls();
            e.Answer("", e.DigestOf("manifest"), answer(e));
            e.AskPart("HEAD", "manifest");
            e.AskPart("GET", "manifest");
            e.AskPart("GET", "manifest");
          }};
}

std::vector<HttpHeader> ManifestHeaders(AttackScenario& e) {
  return {{"Docker-Content-Digest", e.DigestOf("manifest")},
          {"Content-Type", kOciManifest}};
}

}  // namespace

std::vector<AttackVector> ClaimingAttacks() {
  std::vector<AttackVector> all = FalseClaims();
  all.push_back(
      ClaimingManifest("a manifest of no bytes", [](AttackScenario& e) {
        return FakeAnswer::Status(200, ManifestHeaders(e), "");
      }));
  all.push_back(ClaimingManifest("another manifest", [](AttackScenario& e) {
    return FakeAnswer::Status(
        200, ManifestHeaders(e),
        absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciManifest,
                     R"(","layers":[]})"));
  }));
  all.push_back(ClaimingManifest("304 for the manifest", [](AttackScenario& e) {
    return FakeAnswer::Status(304, ManifestHeaders(e));
  }));
  all.push_back({"(he has it himself)", [](AttackScenario& e) {
                   e.VictimPulls();
                   for (const auto& [name, bytes] : e.secret().Parts()) {
                     e.GetsHold(name);
                   }
                   e.AskAll();
                   e.AskAll();
                 }});
  all.push_back(
      {"(he has had it; his upstream has lost it)", [](AttackScenario& e) {
         e.VictimPulls();
         e.GetsHold("layer");
         e.AskPart("GET", "layer");
         e.world().AwaitQuiet();
         e.LosesHold();
         e.AskPart("GET", "layer");
         e.AskPart("GET", "small");
       }});
  all.push_back(
      {"he has one part, and asks for the others", [](AttackScenario& e) {
         e.VictimPulls();
         e.GetsHold("manifest");
         e.AskAll();
       }});
  return all;
}

}  // namespace cvr::testing
