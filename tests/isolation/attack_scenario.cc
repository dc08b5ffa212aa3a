#include "tests/isolation/attack_scenario.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/test_authority.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

// All that a caller is told. The order in which a Status prints its details is
// another one in each process.
std::string TextOf(const absl::Status& status) {
  std::map<std::string, std::string> details;
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& detail) {
    details[std::string(type)] = absl::CEscape(std::string(detail));
  });
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ",
                      status.message(), " ",
                      absl::StrJoin(details, " ", absl::PairFormatter("=")));
}

using nlohmann::json;

constexpr char kVictimsUser[] = "victim";
constexpr uint64_t kMiddleByte = 300'000;
constexpr absl::Duration kPatience = absl::Minutes(3);

std::string ErrorCodeOf(const std::string& body) {
  const json answer = json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("errors") ||
      !answer["errors"].is_array() || answer["errors"].empty()) {
    return "";
  }
  return answer["errors"][0].value("code", "");
}

// What no two runs have in common. Entries are numbered across tenants, so
// their ids are left out as well.
void DropVolatile(json& value) {
  static const auto* const names = new std::set<std::string>{
      "id",       "uid",       "create_time",     "update_time",
      "etag",     "duration",  "last_check_time", "last_pull_time",
      "end_time", "start_time"};
  if (value.is_object()) {
    for (const std::string& name : *names) value.erase(name);
  }
  for (json& member : value) {
    if (member.is_structured()) DropVolatile(member);
  }
}

const TestAuthority& Authority() {
  static const TestAuthority* const authority = new TestAuthority;
  return *authority;
}

FakeRegistry::Options OptionsFor(Access access) {
  FakeRegistry::Options options;
  if (access != Access::kClientCertificate) return options;
  const CertificateAndKey server = Authority().Issue();
  options.tls = {server.certificate_pem, server.key_pem,
                 Authority().certificate_pem()};
  return options;
}

// An answer to a GET that was made of bytes which his upstream has sent and
// which are not what they should be.
constexpr char kWrongBytes[] = "502 or cut short";

bool IsWrongBytesOfHisOwn(const std::string& asked,
                          const HttpResponse& response) {
  const bool is_made_of_his =
      !response.body.empty() &&
      response.body.find_first_not_of('x') == std::string::npos;
  // A range is beyond the length that a liar names, until he is found out.
  const bool is_beyond_his = response.status == 416;
  return absl::StartsWith(asked, "GET ") &&
         (response.status == 502 || is_beyond_his || !response.error.empty() ||
          is_made_of_his);
}

// What must not be: all of a content whose bytes are not those of its digest.
bool IsWholeAndWrong(const std::string& asked, const HttpResponse& response) {
  const size_t at = asked.rfind("/sha256:");
  return absl::StartsWith(asked, "GET ") && at != std::string::npos &&
         !absl::StrContains(asked, "/referrers/") && response.status == 200 &&
         response.error.empty() &&
         Digest::OfBytes(response.body).ToString() != asked.substr(at + 1);
}

template <typename Condition>
void AwaitTrue(const std::string& what, Condition condition) {
  ASSERT_TRUE(Eventually(condition, kPatience, what));
}

}  // namespace

AttackScenario::AttackScenario(World& world, const std::string& name,
                               bool victim_acts, Access access)
    : world_(world),
      victim_acts_(victim_acts),
      secret_(Secret::Of(name)),
      victims_upstream_(OptionsFor(access)) {
  secret_.AddTo(victims_upstream_, kRepository);
  victims_registry_ = world.CreateRegistry(world.victim());
  victims_upstream_id_ =
      world.CreateUpstream(world.victim(), SettingsFor(access));
  world.Attach(victims_registry_, victims_upstream_id_);
  registries_ = {victims_registry_};
  upstreams_ = {victims_upstream_id_};
  MovesToUpstream({{"url", adversarys_upstream_.url()}});
}

json AttackScenario::SettingsFor(Access access) {
  json settings = {{"url", victims_upstream_.url()}};
  if (access == Access::kClientCertificate) {
    const CertificateAndKey client = Authority().Issue();
    settings["tls"] = {{"ca_bundle_pem", Authority().certificate_pem()},
                       {"client_certificate_pem", client.certificate_pem},
                       {"client_key_pem", client.key_pem}};
  } else if (access == Access::kPassword) {
    victims_upstream_.RequireBasic(kVictimsUser, kPlantedSecret);
  } else if (access == Access::kTokenForPassword) {
    victims_upstream_.RequireBearer(
        {.username = kVictimsUser, .password = kPlantedSecret});
  }
  if (access == Access::kPassword || access == Access::kTokenForPassword) {
    settings["credentials"] = LoginOf(kVictimsUser, kPlantedSecret);
  }
  return settings;
}

void AttackScenario::Rename(int64_t registry_id, const std::string& name) {
  world_.Must("RegistryService/UpdateRegistry",
              {{"id", registry_id}, {"registry", {{"name", name}}}});
}

AttackScenario::~AttackScenario() {
  OpenGate();
  victims_client_.reset();
  for (const int64_t id : registries_) world_.DeleteRegistry(id);
  for (const int64_t id : upstreams_) world_.DeleteUpstream(id);
}

std::string AttackScenario::DigestOf(const std::string& part) const {
  for (const auto& [name, bytes] : secret_.Parts()) {
    if (name == part) return Digest::OfBytes(*bytes).ToString();
  }
  ADD_FAILURE() << "no part " << part;
  return "";
}

std::string AttackScenario::PathOf(const std::string& part) const {
  return absl::StrCat(kRepository,
                      secret_.IsManifest(part) ? "/manifests/" : "/blobs/",
                      DigestOf(part));
}

// --- The victim ------------------------------------------------------------

void AttackScenario::PullForVictim(const std::string& path) {
  const HttpResponse response =
      world_.Ask(world_.victim().reader, "GET", victims_registry_, path);
  EXPECT_EQ(response.status, 200) << path << " " << response.body;
  EXPECT_EQ(response.error, "") << path;
}

void AttackScenario::VictimPulls() {
  if (!victim_acts_) return;
  PullForVictim(absl::StrCat(kRepository, "/manifests/1"));
  PullForVictim(absl::StrCat(kRepository, "/manifests/multi"));
  PullForVictim(absl::StrCat(kRepository, "/referrers/", DigestOf("manifest")));
  for (const auto& [name, bytes] : secret_.Parts()) VictimPulls(name);
}

void AttackScenario::VictimPulls(const std::string& part) {
  if (!victim_acts_) return;
  // What is pushed out meanwhile is told a moment later, and then the entry of
  // what has come back since goes, too: it is pulled once more.
  AwaitTrue(part + " is stored", [&] {
    PullForVictim(PathOf(part));
    world_.AwaitQuiet(victims_upstream_id_);
    return IsRecorded(victims_upstream_id_, "/" + PathOf(part));
  });
}

bool AttackScenario::IsRecorded(int64_t upstream_id, const std::string& path) {
  const json answer =
      world_.Must("CacheEntryService/ListCacheEntries",
                  {{"upstream_id", upstream_id}, {"page_size", 1000}});
  const json entries = answer.value("cache_entries", json::array());
  return std::any_of(entries.begin(), entries.end(), [&](const json& entry) {
    return entry.value("relative_path", "") == path;
  });
}

void AttackScenario::AwaitStored(const std::string& path) {
  AwaitTrue(path + " is stored",
            [&] { return IsRecorded(victims_upstream_id_, path); });
}

void AttackScenario::AwaitRecorded(const std::string& path) {
  AwaitTrue(path + " is recorded",
            [&] { return IsRecorded(upstream_id_, path); });
}

void AttackScenario::AwaitEvicted() {
  AwaitTrue("the layer is evicted", [&] {
    return !IsRecorded(victims_upstream_id_, "/" + PathOf("layer"));
  });
}

void AttackScenario::AwaitReceived(uint64_t bytes) {
  AwaitTrue(absl::StrCat(bytes, " bytes are received"), [&] {
    const json answer = world_.Must("FetchService/ListFetches",
                                    {{"upstream_id", victims_upstream_id_}});
    uint64_t received = 0;
    for (const json& fetch : answer.value("fetches", json::array())) {
      (void)absl::SimpleAtoi(fetch.value("received_bytes", "0"), &received);
    }
    return received >= bytes;
  });
}

void AttackScenario::VictimBegins(Point point) {
  if (!victim_acts_) return;
  gate_ = std::make_shared<Gate>();
  FakeAnswer answer;
  answer.gate = gate_;
  uint64_t received = 0;
  if (point == Point::kMiddle) {
    answer.gate_at_byte = kMiddleByte;
    received = 256 * 1024;
  } else if (point == Point::kLastByte) {
    answer.gate_at_byte = secret_.layer.size() - 1;
    received = 512 * 1024;
  }
  const std::string authorization = "Bearer " + world_.victim().reader;
  // The challenge was answered with a manifest, so that the layer needs one
  // request only.
  PullForVictim(absl::StrCat(kRepository, "/manifests/1"));
  victims_upstream_.Answer({"GET", DigestOf("layer")}, answer);
  victims_client_ = std::make_unique<TcpClient>(world_.system().http());
  victims_client_->SendGet(World::TargetOf(victims_registry_, PathOf("layer")),
                           authorization);
  gate_->AwaitArrivals();
  AwaitReceived(received);
}

void AttackScenario::OpenGate() {
  if (gate_ != nullptr) gate_->Open();
}

void AttackScenario::VictimGoesOn() {
  if (!victim_acts_) return;
  OpenGate();
  AwaitStored("/" + PathOf("layer"));
}

void AttackScenario::VictimIsInterrupted() {
  if (!victim_acts_) return;
  FakeAnswer answer;
  answer.truncate_at_byte = kMiddleByte;
  victims_upstream_.Answer({"GET", DigestOf("layer")}, answer);
  victims_upstream_.Answer({"GET", DigestOf("layer")}, FakeAnswer::Status(404),
                           FakeRegistry::kAlways);
  const HttpResponse response = world_.Ask(world_.victim().reader, "GET",
                                           victims_registry_, PathOf("layer"));
  EXPECT_TRUE(response.status != 200 || response.error != "");
  world_.AwaitQuiet();
  victims_upstream_.ClearAnswers();
}

void AttackScenario::VictimPurges() {
  if (!victim_acts_) return;
  const auto answer =
      world_.Call(world_.victim().writer, "CacheService/PurgeUpstreamCache",
                  {{"upstream_id", victims_upstream_id_}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  world_.Await(*answer);
}

// --- The adversary ----------------------------------------------------------

void AttackScenario::Publish(const std::string& tag,
                             const std::string& media_type,
                             const std::string& manifest) {
  upstream().AddManifest(kRepository, tag, media_type, manifest);
}

void AttackScenario::PublishImage(const std::string& tag,
                                  const std::string& members) {
  Publish(tag, kOciManifest,
          absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kOciManifest,
                       "\",", members, "}"));
}

void AttackScenario::Answer(const std::string& method,
                            const std::string& target_contains,
                            FakeAnswer answer) {
  upstream().Answer({method, target_contains}, std::move(answer),
                    FakeRegistry::kAlways);
}

void AttackScenario::GetsHold(const std::string& part) {
  for (const auto& [name, bytes] : secret_.Parts()) {
    if (name != part) continue;
    if (secret_.IsManifest(part)) {
      Publish("", part == "index" ? kOciIndex : kOciManifest, *bytes);
    } else {
      upstream().AddBlob(kRepository, *bytes);
    }
  }
  held_.push_back(part);
}

void AttackScenario::MovesToUpstream(const json& settings) {
  registry_ = world_.CreateRegistry(world_.adversary());
  upstream_id_ = world_.CreateUpstream(world_.adversary(), settings);
  world_.Attach(registry_, upstream_id_);
  registries_.push_back(registry_);
  upstreams_.push_back(upstream_id_);
}

void AttackScenario::Ask(const std::string& method, const std::string& path,
                         const std::vector<std::string>& headers) {
  Note(absl::StrCat(method, " ", path),
       world_.Ask(world_.adversary().reader, method, registry_, path, headers));
}

void AttackScenario::AskPart(const std::string& method, const std::string& part,
                             const std::vector<std::string>& headers) {
  Ask(method, PathOf(part), headers);
}

void AttackScenario::AskAll() {
  for (const auto& [name, bytes] : secret_.Parts()) AskPart("GET", name);
}

void AttackScenario::AskTarget(const std::string& secret,
                               const std::string& method,
                               const std::string& target,
                               const std::vector<std::string>& headers) {
  Note(absl::StrCat(method, " ", target),
       world_.AskTarget(secret, method, target, headers));
}

void AttackScenario::Note(const std::string& asked,
                          const HttpResponse& response) {
  // What goes on in the background would make the next answer a race.
  world_.AwaitQuiet(upstream_id_);
  std::string fields;
  for (const auto& [name, value] : response.headers) {
    if (name != "date") absl::StrAppend(&fields, name, ": ", value, "\n");
  }
  bool is_held = false;
  for (const auto& [name, bytes] : secret_.Parts()) {
    const bool held =
        std::find(held_.begin(), held_.end(), name) != held_.end();
    is_held = is_held || (held && absl::StrContains(*bytes, response.body));
  }
  if (!is_held && Secret::ShowsIn(absl::StrCat(response.body, fields))) {
    observed_.thefts.push_back(
        absl::StrCat(secret_.WithNames(asked), ": ", response.status, " with ",
                     response.body.size(), " bytes of the victim's"));
  }
  if (IsWholeAndWrong(asked, response)) {
    observed_.thefts.push_back(asked + ": wrong bytes, whole");
  }
  const std::string body = Secret::ShowsIn(response.body)
                               ? Digest::OfBytes(response.body).ToString()
                               : response.body;
  // What is known to be wrong before he has a byte of it is an error; after
  // that the body can only be cut short. Which of both it is, is a race; so is
  // whether a range is compared with a length before that turns out wrong.
  if (IsWrongBytesOfHisOwn(asked, response)) {
    observed_.answers.push_back(Scrubbed(asked + "\n" + kWrongBytes));
    observed_.outcomes.push_back(kWrongBytes);
    return;
  }
  observed_.answers.push_back(Scrubbed(absl::StrCat(
      asked, "\n", response.status, " ", response.error, "\n", fields, body)));
  const std::string code = ErrorCodeOf(response.body);
  std::string outcome = absl::StrCat(response.status);
  if (!code.empty()) absl::StrAppend(&outcome, " ", code);
  if (!response.error.empty()) outcome += " cut short";
  observed_.outcomes.push_back(std::move(outcome));
}

json AttackScenario::Call(const std::string& method, const json& request) {
  const auto answer = world_.Call(world_.adversary().writer, method, request);
  if (!answer.ok()) {
    observed_.answers.push_back(Scrubbed(absl::StrCat(
        method, " ", request.dump(), "\n", TextOf(answer.status()))));
    observed_.outcomes.push_back(
        absl::StatusCodeToString(answer.status().code()));
    return json::object();
  }
  // What an operation has done by now is a race; by its end, it is not.
  const bool is_operation =
      answer->contains("method") && answer->contains("id");
  json shown = is_operation ? world_.Await(*answer) : *answer;
  DropVolatile(shown);
  const std::string text = shown.dump();
  if (Secret::ShowsIn(text)) observed_.thefts.push_back(method);
  observed_.answers.push_back(
      Scrubbed(absl::StrCat(method, " ", request.dump(), "\n", text)));
  observed_.outcomes.push_back("OK");
  return *answer;
}

std::string AttackScenario::Scrubbed(const std::string& text) const {
  const std::string& http = world_.system().http();
  std::string scrubbed = absl::StrReplaceAll(
      text, {{absl::StrCat(":", adversarys_upstream_.port()), ":UPSTREAM"},
             {absl::StrCat(":", victims_upstream_.port()), ":VICTIM"},
             {http.substr(http.rfind(':')), ":GATEWAY"}});
  // Numbers of entries, as in DropVolatile().
  RE2::GlobalReplace(&scrubbed, "cache entry [0-9]+", "cache entry ID");
  return secret_.WithNames(std::move(scrubbed));
}

void AttackScenario::NoteRequests(const FakeRegistry& registry) {
  for (const RecordedRequest& request : registry.requests()) {
    std::string line = absl::StrCat(request.method, " ", request.target);
    for (const char* name :
         {"Range", "If-Range", "If-None-Match", "If-Match"}) {
      const std::string value = request.Header(name);
      if (!value.empty()) absl::StrAppend(&line, " ", name, ": ", value);
    }
    if (!request.Header("Authorization").empty()) line += " authorized";
    observed_.requests.push_back(Scrubbed(line));
  }
}

void AttackScenario::CountAtTheVictims() { NoteRequests(victims_upstream_); }

Observed AttackScenario::Finish() {
  OpenGate();
  world_.AwaitQuiet();
  NoteRequests(adversarys_upstream_);
  return observed_;
}

}  // namespace cvr::testing
