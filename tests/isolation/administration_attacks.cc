// What may be administered by a tenant with a token that may write, and what
// administration tells him.
#include "absl/strings/str_cat.h"
#include "tests/isolation/attack.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

constexpr char kManifest[] = "CONTENT_KIND_MANIFEST";
constexpr char kBlob[] = "CONTENT_KIND_BLOB";

std::string Path(const std::string& kind, const std::string& reference) {
  return absl::StrCat(AttackScenario::kRepository, "/", kind, "/", reference);
}

json ContentOf(const std::string& reference, const std::string& kind) {
  return {{"repository", AttackScenario::kRepository},
          {"reference", reference},
          {"kind", kind}};
}

void RecordEntries(AttackScenario& e) {
  for (const auto& [name, bytes] : e.secret().Parts()) {
    const bool is_manifest = e.secret().IsManifest(name);
    RecordEntry(e, e.DigestOf(name), is_manifest ? kManifest : kBlob, name,
                is_manifest ? kOciManifest : kOciLayer);
  }
  RecordEntry(e, "mine", kManifest, "manifest", kOciManifest);
}

// His own entry, of what he has published, becomes one of the victim's.
void RepointEntry(AttackScenario& e) {
  e.PublishImage("mine", R"("layers":[])");
  e.Ask("GET", Path("manifests", "mine"));
  e.AwaitRecorded("/" + Path("manifests", "mine"));
  const json entries = e.Call("CacheEntryService/ListCacheEntries",
                              {{"upstream_id", e.upstream_id()}});
  for (const json& entry : entries.value("cache_entries", json::array())) {
    e.world()
        .Call(e.world().adversary().writer,
              "CacheEntryService/ExpireCacheEntry", {{"id", entry["id"]}})
        .IgnoreError();
  }
  RecordEntry(e, "mine", kManifest, "manifest", kOciManifest);
  e.Ask("GET", Path("manifests", "mine"));
}

void AskAdministration(AttackScenario& e) {
  const json upstream = {{"upstream_id", e.upstream_id()}};
  for (const auto& [name, bytes] : e.secret().Parts()) {
    e.Call("ExplainService/Explain",
           {{"registry_id", e.registry()},
            {"content",
             ContentOf(e.DigestOf(name),
                       e.secret().IsManifest(name) ? kManifest : kBlob)}});
    e.Call("UpstreamTestService/TestUpstream",
           {{"upstream_id", e.upstream_id()},
            {"repository", AttackScenario::kRepository},
            {"reference", e.DigestOf(name)}});
  }
  e.Call("CacheEntryService/ListCacheEntries", upstream);
  e.Call("CacheEntryService/ListCacheEntries", json::object());
  e.Call("CacheService/GetCacheStats", {{"group", "adversary"}});
  e.Call("UpstreamStateService/ListUpstreamStates", upstream);
  e.Call("FetchService/ListFetches", upstream);
  e.Call("FetchService/ListFetches", json::object());
  e.Call("FetchService/GetStorageStats", json::object());
  e.Call("AuditService/ListAuditEvents", {{"group", "-"}});
  e.Call("AuditService/ListAuditEvents", {{"group", "victim"}});
  e.Call("OperationService/ListOperations", {{"group", "victim"}});
  e.Call("CacheService/GetCacheStats", {{"group", "-"}});
  e.Call("RegistryService/ListRepositories", {{"registry_id", e.registry()}});
  e.Call("CacheService/PurgeUpstreamCache", upstream);
  e.Call("CacheService/PurgeRegistryCache",
         {{"registry_id", e.registry()}, {"include_shared", true}});
}

// What belongs to the victim, by its id.
void AskForTheVictims(AttackScenario& e) {
  const json upstream = {{"upstream_id", e.victims_upstream_id()}};
  e.Call("AttachmentService/CreateAttachment",
         {{"registry_id", e.registry()},
          {"upstream_id", e.victims_upstream_id()}});
  e.Call("AttachmentService/SetAttachments",
         {{"registry_id", e.registry()},
          {"upstream_ids", {e.victims_upstream_id()}}});
  e.Call("UpstreamService/GetUpstream", {{"id", e.victims_upstream_id()}});
  e.Call("RegistryService/ListRepositories",
         {{"registry_id", e.victims_registry()}});
  e.Call("RefreshService/PrefetchImage",
         {{"registry_id", e.victims_registry()},
          {"repository", AttackScenario::kRepository},
          {"reference", "1"}});
  e.Call("CacheEntryService/ListCacheEntries", upstream);
  e.Call("UpstreamStateService/ListUpstreamStates", upstream);
  e.Call("FetchService/ListFetches", upstream);
  e.Call("CacheService/GetCacheStats", {{"group", "victim"}});
  e.Call("CacheService/PurgeUpstreamCache", upstream);
  e.Call("CacheService/PurgeRegistryCache",
         {{"registry_id", e.victims_registry()}});
  e.Call("UpstreamTestService/TestUpstream",
         {{"upstream_id", e.victims_upstream_id()}});
  e.Call("ExplainService/Explain", {{"registry_id", e.victims_registry()},
                                    {"content", ContentOf("1", kManifest)}});
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

void RecordEntry(AttackScenario& e, const std::string& reference,
                 const std::string& kind, const std::string& part,
                 const std::string& media_type) {
  e.Call("cvr.internal.v1.CacheRecordService/RecordCacheEntry",
         {{"upstream_id", e.upstream_id()},
          {"content", ContentOf(reference, kind)},
          {"target",
           {{"digest", e.DigestOf(part)},
            {"media_type", media_type},
            {"size_bytes", 1000}}}});
}

std::vector<AttackVector> AdministrationAttacks() {
  return {
      {"RecordCacheEntry for every digest, and a tag",
       [](AttackScenario& e) {
         e.VictimPulls();
         RecordEntries(e);
         e.AskAll();
         e.AskPart("HEAD", "layer");
         e.AskPart("GET", "layer", {"Range: bytes=0-0"});
         e.Ask("GET", Path("manifests", "mine"));
       }},
      {"RecordCacheEntry before the victim pulls",
       [](AttackScenario& e) {
         RecordEntries(e);
         e.VictimPulls();
         e.AskAll();
         e.Ask("GET", Path("manifests", "mine"));
       }},
      {"RecordCacheEntry of his own tag, which has expired",
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
              {{"credentials", LoginOf("victim", "wrong")}}),
      SameUrl("the victim's URL with credentials of his own",
              {{"credentials", LoginOf("adversary", "his own")}}),
      {"the victim's credentials of yesterday",
       [](AttackScenario& e) {
         e.VictimPulls();
         e.MovesToUpstream(
             {{"url", e.victims_upstream().url()},
              {"credentials", LoginOf("victim", "planted-secret-5c1f")}});
         e.victims_upstream().RequireBasic("victim", "of today");
         e.victims_upstream().ClearRequests();
         e.AskAll();
         e.CountAtTheVictims();
       }},
  };
}

}  // namespace cvr::testing
