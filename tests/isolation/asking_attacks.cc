// An upstream that has nothing, and all the ways in which a client can ask.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

constexpr char kBootstrapRegistry[] = "/v2/";

AttackVector WithHeaders(const std::string& name, const std::string& method,
                         const std::string& field) {
  return {name, [=](AttackScenario& e) {
            e.VictimPulls();
            for (const char* part : {"layer", "small", "manifest"}) {
              e.AskPart(
                  method, part,
                  {absl::StrCat(field, field.back() == ' '
                                           ? "\"" + e.DigestOf(part) + "\""
                                           : "")});
            }
          }};
}

std::string NamedTarget(const std::string& group, const std::string& name,
                        const std::string& endpoint) {
  return absl::StrCat("/v2/virtual_registries/containers/", group, "/", name,
                      "/", AttackScenario::kRepository, "/", endpoint);
}

// In the system in which the victim acts, his registry has that name; in the
// other, no registry has.
void AskByName(AttackScenario& e, const std::string& name) {
  e.Rename(e.victims_registry(), e.victim_acts() ? name : "elsewhere");
  const std::string& group = e.world().victim().group;
  for (const std::string& endpoint :
       {absl::StrCat("blobs/", e.DigestOf("layer")),
        absl::StrCat("manifests/", e.DigestOf("manifest")),
        std::string("manifests/1?ns=docker.io"), std::string("tags/list"),
        absl::StrCat("referrers/", e.DigestOf("manifest"))}) {
    for (const std::string& secret :
         {std::string(), e.world().adversary().reader,
          e.world().adversary().writer}) {
      e.AskTarget(secret, "GET", NamedTarget(group, name, endpoint));
      e.AskTarget(secret, "HEAD", NamedTarget(group, name, endpoint));
    }
  }
  for (const std::string& secret :
       {std::string(), e.world().adversary().reader}) {
    e.AskTarget(secret, "GET",
                absl::StrCat("/v2/virtual_registries/containers/", group, "/",
                             name, "/_catalog"));
  }
}

}  // namespace

std::vector<AttackVector> AskingAttacks() {
  std::vector<AttackVector> all = {
      {"GET of every digest",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.AskAll();
       }},
      {"HEAD of every digest",
       [](AttackScenario& e) {
         e.VictimPulls();
         for (const auto& [name, bytes] : e.secret().Parts()) {
           e.AskPart("HEAD", name);
         }
       }},
      {"a tag of the victim's, tags and referrers",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.Ask("GET",
               absl::StrCat(AttackScenario::kRepository, "/manifests/1"));
         e.Ask("GET", absl::StrCat(AttackScenario::kRepository, "/tags/list"));
         e.Ask("GET", absl::StrCat(AttackScenario::kRepository, "/referrers/",
                                   e.DigestOf("manifest")));
       }},
  };
  all.push_back(WithHeaders("the first byte", "GET", "Range: bytes=0-0"));
  all.push_back(WithHeaders("the last byte", "GET", "Range: bytes=-1"));
  all.push_back(WithHeaders("from the middle on", "GET", "Range: bytes=500-"));
  all.push_back(WithHeaders("two ranges", "GET", "Range: bytes=0-9,100-109"));
  all.push_back(WithHeaders("past every end", "GET", "Range: bytes=9999999-"));
  all.push_back(WithHeaders("HEAD of a range", "HEAD", "Range: bytes=0-0"));
  all.push_back(
      WithHeaders("GET, If-None-Match: the digest", "GET", "If-None-Match: "));
  all.push_back(WithHeaders("HEAD, If-None-Match: the digest", "HEAD",
                            "If-None-Match: "));
  all.push_back(
      WithHeaders("GET, If-None-Match: *", "GET", "If-None-Match: *"));
  all.push_back(WithHeaders("GET, If-Match: the digest", "GET", "If-Match: "));
  all.push_back(
      {"GET, If-Range: the digest", [](AttackScenario& e) {
         e.VictimPulls();
         e.AskPart("GET", "layer",
                   {"Range: bytes=0-9",
                    absl::StrCat("If-Range: \"", e.DigestOf("layer"), "\"")});
       }});
  all.push_back({"at the victim's registry", [](AttackScenario& e) {
                   e.VictimPulls();
                   const std::string target = World::TargetOf(
                       e.victims_registry(),
                       absl::StrCat(AttackScenario::kRepository, "/blobs/",
                                    e.DigestOf("layer")));
                   for (const std::string& secret :
                        {std::string(), e.world().adversary().reader,
                         e.world().adversary().writer}) {
                     e.AskTarget(secret, "GET", target);
                     e.AskTarget(secret, "HEAD", target);
                   }
                 }});
  all.push_back({"at the name of a registry that the victim may have",
                 [](AttackScenario& e) {
                   e.VictimPulls();
                   AskByName(e, "hidden");
                 }});
  all.push_back(
      {"at his own registry's name", [](AttackScenario& e) {
         e.VictimPulls();
         e.Rename(e.registry(), "mine");
         for (const char* part : {"layer", "small", "manifest"}) {
           const std::string kind =
               absl::StartsWith(part, "m") ? "manifests" : "blobs";
           e.AskTarget(e.world().adversary().reader, "GET",
                       NamedTarget(e.world().adversary().group, "mine",
                                   absl::StrCat(kind, "/", e.DigestOf(part))));
         }
       }});
  all.push_back(
      {"at the root, and for the victim's host (?ns=)", [](AttackScenario& e) {
         e.VictimPulls();
         const std::string path = absl::StrCat(AttackScenario::kRepository,
                                               "/blobs/", e.DigestOf("layer"));
         const std::string ns =
             absl::StrCat("?ns=127.0.0.1:", e.victims_upstream().port());
         for (const std::string& target :
              {absl::StrCat(kBootstrapRegistry, path),
               absl::StrCat(kBootstrapRegistry, path, ns),
               World::TargetOf(e.registry(), absl::StrCat(path, ns)),
               World::TargetOf(1, absl::StrCat(path, ns))}) {
           e.AskTarget(e.world().adversary().reader, "GET", target);
         }
       }});
  return all;
}

}  // namespace cvr::testing
