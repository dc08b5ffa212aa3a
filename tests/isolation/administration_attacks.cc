// What may be administered by a tenant with a token that may write, and what
// administration tells him.
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

std::string Path(const std::string& kind, const std::string& reference) {
  return absl::StrCat(AttackScenario::kRepository, "/", kind, "/", reference);
}

json EntryOf(AttackScenario& e, const std::string& path,
             const std::string& part, const std::string& media_type) {
  return {{"cache_entry",
           {{"upstream_id", e.upstream_id()},
            {"relative_path", "/" + path},
            {"digest", e.DigestOf(part)},
            {"media_type", media_type},
            {"size", 1000},
            {"upstream_checked_at", "2036-01-01T00:00:00Z"}}}};
}

void CreateEntries(AttackScenario& e) {
  for (const auto& [name, bytes] : e.secret().Parts()) {
    const bool is_manifest = e.secret().IsManifest(name);
    e.Call(
        "CacheEntryService/CreateCacheEntry",
        EntryOf(e, Path(is_manifest ? "manifests" : "blobs", e.DigestOf(name)),
                name, is_manifest ? kOciManifest : kOciLayer));
  }
  e.Call("CacheEntryService/CreateCacheEntry",
         EntryOf(e, Path("manifests", "mine"), "manifest", kOciManifest));
}

// His own entry, of what he has published, becomes one of the victim's.
void RepointEntry(AttackScenario& e) {
  e.PublishImage("mine", R"("layers":[])");
  e.Ask("GET", Path("manifests", "mine"));
  const json entries = e.Call("CacheEntryService/ListCacheEntries",
                              {{"upstream_id", e.upstream_id()}});
  for (const json& entry : entries.value("cache_entries", json::array())) {
    e.world()
        .Call(e.world().adversary().writer,
              "CacheEntryService/UpdateCacheEntry",
              {{"cache_entry",
                {{"id", entry["id"]}, {"digest", e.DigestOf("manifest")}}},
               {"update_mask", "digest"}})
        .IgnoreError();
  }
  e.Ask("GET", Path("manifests", "mine"));
}

json ContentOf(const std::string& reference, const std::string& kind) {
  return {{"repository", AttackScenario::kRepository},
          {"reference", reference},
          {"kind", kind}};
}

void AskAdministration(AttackScenario& e) {
  const json upstream = {{"upstream_id", e.upstream_id()}};
  for (const auto& [name, bytes] : e.secret().Parts()) {
    e.Call("ExplainService/Explain",
           {{"registry_id", e.registry()},
            {"content",
             ContentOf(e.DigestOf(name),
                       e.secret().IsManifest(name) ? "MANIFEST" : "BLOB")}});
    e.Call("UpstreamProbeService/TestUpstream",
           {{"upstream_id", e.upstream_id()},
            {"repository", AttackScenario::kRepository},
            {"reference", e.DigestOf(name)}});
  }
  e.Call("CacheEntryService/ListCacheEntries", upstream);
  e.Call("CacheEntryService/ListCacheEntries", json::object());
  e.Call("CacheService/GetCacheStats", {{"group", "adversary"}});
  e.Call("UpstreamStateService/ListUpstreamStates", upstream);
  e.Call("DownloadService/ListDownloads", upstream);
  e.Call("DownloadService/ListDownloads", json::object());
  e.Call("DownloadService/GetStorageStats", json::object());
  e.Call("AuditService/ListAuditEvents", json::object());
  e.Call("CacheService/PurgeUpstreamCache", upstream);
  e.Call("CacheService/PurgeRegistryCache",
         {{"registry_id", e.registry()}, {"include_shared", true}});
}

// What belongs to the victim, by its id.
void AskForTheVictims(AttackScenario& e) {
  const json upstream = {{"upstream_id", e.victims_upstream_id()}};
  e.Call("UpstreamService/AttachUpstream",
         {{"registry_id", e.registry()},
          {"upstream_id", e.victims_upstream_id()}});
  e.Call("UpstreamService/GetUpstream", {{"id", e.victims_upstream_id()}});
  e.Call("CacheEntryService/ListCacheEntries", upstream);
  e.Call("UpstreamStateService/ListUpstreamStates", upstream);
  e.Call("DownloadService/ListDownloads", upstream);
  e.Call("CacheService/GetCacheStats", {{"group", "victim"}});
  e.Call("CacheService/PurgeUpstreamCache", upstream);
  e.Call("CacheService/PurgeRegistryCache",
         {{"registry_id", e.victims_registry()}});
  e.Call("UpstreamProbeService/TestUpstream",
         {{"upstream_id", e.victims_upstream_id()}});
  e.Call("ExplainService/Explain", {{"registry_id", e.victims_registry()},
                                    {"content", ContentOf("1", "MANIFEST")}});
  e.AskAll();
}

// An upstream of his that is the victim's registry, by the same name of host
// and with these credentials.
AttackVector SameUrl(const std::string& name, const json& credentials) {
  return {name, [credentials](AttackScenario& e) {
            e.VictimPulls();
            json settings = credentials;
            settings["url"] = e.victims_upstream().url();
            e.MovesToUpstream(settings);
            e.victims_upstream().ClearRequests();
            e.AskAll();
            e.AskPart("HEAD", "layer");
            e.AskPart("GET", "layer", {"Range: bytes=0-0"});
            e.CountAtTheVictims();
          }};
}

}  // namespace

std::vector<AttackVector> AdministrationAttacks() {
  return {
      {"CreateCacheEntry for every digest, and a tag",
       [](AttackScenario& e) {
         e.VictimPulls();
         CreateEntries(e);
         e.AskAll();
         e.AskPart("HEAD", "layer");
         e.AskPart("GET", "layer", {"Range: bytes=0-0"});
         e.Ask("GET", Path("manifests", "mine"));
       }},
      {"CreateCacheEntry before the victim pulls",
       [](AttackScenario& e) {
         CreateEntries(e);
         e.VictimPulls();
         e.AskAll();
         e.Ask("GET", Path("manifests", "mine"));
       }},
      {"UpdateCacheEntry of his own tag",
       [](AttackScenario& e) {
         e.VictimPulls();
         RepointEntry(e);
       }},
      {"what administration tells of the digests",
       [](AttackScenario& e) {
         e.VictimPulls();
         AskAdministration(e);
       }},
      {"the same while the victim's download runs",
       [](AttackScenario& e) {
         e.VictimBegins(Point::kMiddle);
         AskAdministration(e);
         e.VictimGoesOn();
       }},
      {"what administration does with the victim's",
       [](AttackScenario& e) {
         e.VictimPulls();
         AskForTheVictims(e);
       }},
      SameUrl("the victim's URL without credentials", json::object()),
      SameUrl("the victim's URL with wrong credentials",
              {{"username", "victim"}, {"password", "wrong"}}),
      SameUrl("the victim's URL with credentials of his own",
              {{"username", "adversary"}, {"password", "his own"}}),
      {"the victim's credentials of yesterday",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.MovesToUpstream({{"url", e.victims_upstream().url()},
                            {"username", "victim"},
                            {"password", "planted-secret-5c1f"}});
         e.victims_upstream().RequireBasic("victim", "of today");
         e.victims_upstream().ClearRequests();
         e.AskAll();
         e.CountAtTheVictims();
       }},
  };
}

}  // namespace cvr::testing
