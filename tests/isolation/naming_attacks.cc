// What is named is not had: manifests, tags and lists of the adversary's own
// upstream that name the victim's digests.
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

const std::string kOwnConfig = R"("config":)" + DescriptorOf(kOciConfig, "{}");
constexpr char kForeignLayer[] =
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

std::string Tag(const std::string& tag) {
  return absl::StrCat(AttackScenario::kRepository, "/manifests/", tag);
}

// Publishes an image with what `members` makes of the secret, pulls it, and
// then asks for everything.
AttackVector Naming(
    const std::string& name,
    const std::function<std::string(const Secret& secret)>& members) {
  return {name, [members](AttackScenario& e) {
            e.VictimPulls();
            e.PublishImage("mine", members(e.secret()));
            e.Ask("GET", Tag("mine"));
            e.AskAll();
            e.AskPart("HEAD", "layer");
            e.AskPart("GET", "layer", {"Range: bytes=0-0"});
          }};
}

// With `urls`, as of a foreign layer, whose bytes are elsewhere.
std::string WithUrls(const std::string& media_type, const std::string& bytes) {
  std::string descriptor = DescriptorOf(media_type, bytes);
  descriptor.pop_back();
  return descriptor + R"(,"urls":["https://example.invalid/layer"]})";
}

// The tag is the adversary's own at first, and then, says HEAD, the victim's.
void MoveTheTag(AttackScenario& e, const std::string& part) {
  e.world().Must(
      "UpstreamService/UpdateUpstream",
      {{"id", e.upstream_id()},
       {"upstream", {{"cache_policy", {{"tag_ttl", "0.000000001s"}}}}},
       {"update_mask", "cachePolicy.tagTtl"}});
  // Of this row alone: what a row before has left is deleted behind its back.
  e.PublishImage("mine", absl::StrCat(kOwnConfig, R"(,"layers":[],)",
                                      R"("annotations":{"row":")",
                                      e.DigestOf(part), "\"}"));
  e.Ask("GET", Tag("mine"));
  e.AwaitRecorded("/team/private/manifests/mine");
  FakeAnswer answer;
  answer.headers = {{"Docker-Content-Digest", e.DigestOf(part)},
                    {"ETag", "\"" + e.DigestOf(part) + "\""}};
  e.Answer("HEAD", "/manifests/mine", answer);
}

}  // namespace

std::vector<AttackVector> NamingAttacks() {
  return {
      Naming("a manifest that names them as layers",
             [](const Secret& secret) {
               return absl::StrCat(kOwnConfig, R"(,"layers":[)",
                                   DescriptorOf(kOciLayer, secret.layer), ",",
                                   DescriptorOf(kOciLayer, secret.small), ",",
                                   DescriptorOf(kOciLayer, secret.manifest),
                                   "]");
             }),
      Naming("the same as foreign layers with urls",
             [](const Secret& secret) {
               return absl::StrCat(kOwnConfig, R"(,"layers":[)",
                                   WithUrls(kForeignLayer, secret.layer), ",",
                                   WithUrls(kForeignLayer, secret.small), "]");
             }),
      Naming("a manifest that names them as config",
             [](const Secret& secret) {
               return absl::StrCat(R"("config":)",
                                   DescriptorOf(kOciConfig, secret.config),
                                   R"(,"layers":[)",
                                   DescriptorOf(kOciLayer, secret.config), "]");
             }),
      Naming("a manifest whose subject is the victim's",
             [](const Secret& secret) {
               return absl::StrCat(kOwnConfig, R"(,"layers":[],"subject":)",
                                   DescriptorOf(kOciManifest, secret.manifest));
             }),
      {"an index that names them as children",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.Publish(
             "mine", kOciIndex,
             absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciIndex,
                          R"(","manifests":[)",
                          DescriptorOf(kOciManifest, e.secret().manifest), ",",
                          DescriptorOf(kOciIndex, e.secret().index), ",",
                          DescriptorOf(kOciLayer, e.secret().layer), "]}"));
         e.Ask("GET", Tag("mine"));
         e.AskAll();
       }},
      {"a list of referrers that names them",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.PublishImage("mine", kOwnConfig + R"(,"layers":[])");
         e.Ask("GET", Tag("mine"));
         const Digest subject = Digest::OfBytes("mine");
         for (const auto& [name, bytes] : e.secret().Parts()) {
           e.upstream().AddReferrer(AttackScenario::kRepository, subject,
                                    DescriptorOf(kOciManifest, *bytes));
         }
         e.Ask("GET", absl::StrCat(AttackScenario::kRepository, "/referrers/",
                                   subject.ToString()));
         e.AskAll();
       }},
      {"a tag whose HEAD names the victim's manifest",
       [](AttackScenario& e) {
         e.VictimPulls();
         MoveTheTag(e, "manifest");
         e.Ask("GET", Tag("mine"));
         e.Ask("HEAD", Tag("mine"));
         e.AskPart("GET", "manifest");
       }},
      {"a tag whose HEAD names the victim's layer",
       [](AttackScenario& e) {
         e.VictimPulls();
         MoveTheTag(e, "small");
         e.Ask("GET", Tag("mine"));
         e.AskPart("GET", "small");
       }},
      {"a tag whose first HEAD names the victim's manifest",
       [](AttackScenario& e) {
         e.VictimPulls();
         FakeAnswer answer = FakeAnswer::Status(
             200, {{"Docker-Content-Digest", e.DigestOf("manifest")},
                   {"Content-Type", kOciManifest}});
         e.Answer("HEAD", "/manifests/mine", answer);
         e.Ask("HEAD", Tag("mine"));
         e.Ask("GET", Tag("mine"));
         e.AskPart("GET", "manifest");
       }},
      {"cvr refresh of a tag whose HEAD names it",
       [](AttackScenario& e) {
         e.VictimPulls();
         MoveTheTag(e, "manifest");
         e.Call("RefreshService/RefreshTag", {{"registry_id", e.registry()},
                                              {"repository", "team/private"},
                                              {"tag", "mine"}});
         e.Ask("GET", Tag("mine"));
       }},
  };
}

}  // namespace cvr::testing
