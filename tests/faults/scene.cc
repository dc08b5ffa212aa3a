#include "tests/faults/scene.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/concurrency/thread.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/test_authority.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

constexpr char kRepository[] = "library/app";
constexpr char kTag[] = "stable";
constexpr char kUser[] = "user";
constexpr const char* kSecret = kPlantedSecret;

FakeRegistry::Options OriginOptions(const Fault& fault) {
  FakeRegistry::Options options;
  if (!fault.tls) return options;
  static const TestAuthority* const authority = new TestAuthority;
  static const CertificateAndKey* const issued =
      new CertificateAndKey(authority->Issue());
  options.tls = {issued->certificate_pem, issued->key_pem};
  return options;
}

std::string ErrorCodeOf(const HttpResponse& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("errors") ||
      !body["errors"].is_array() || body["errors"].empty() ||
      !body["errors"][0].is_object()) {
    return "";
  }
  return body["errors"][0].value("code", "");
}

std::string HeadersOf(const HttpResponse& response) {
  std::vector<std::string> shown;
  const std::string retry_after = response.header("retry-after");
  if (!retry_after.empty()) {
    shown.push_back(absl::StrCat("Retry-After: ", retry_after));
  }
  const std::string cache_status = response.header("cache-status");
  if (!cache_status.empty()) {
    shown.push_back(absl::StrCat("Cache-Status: ", cache_status));
  }
  const std::string warning = response.header("warning");
  if (!warning.empty()) {
    shown.push_back(absl::StrCat("Warning: ", warning.substr(0, 3)));
  }
  return absl::StrJoin(shown, ", ");
}

// Whether it has a token that a FakeRegistry has given out: `token-` and a
// number.
bool HasTokenOfAFake(absl::string_view text) {
  constexpr absl::string_view kStart = "token-";
  for (size_t at = text.find(kStart); at != absl::string_view::npos;
       at = text.find(kStart, at + 1)) {
    const size_t after = at + kStart.size();
    if (after < text.size() && absl::ascii_isdigit(text[after])) return true;
  }
  return false;
}

}  // namespace

Scene::Scene(Installation& installation, const Fault& fault, Asked asked,
             Cached cached, const std::string& name)
    : installation_(installation),
      fault_(fault),
      asked_(asked),
      cached_(cached),
      image_(TestImage::Named(name)),
      moved_(TestImage::Named(absl::StrCat(name, ", moved"))),
      origin_(std::make_unique<FakeRegistry>(OriginOptions(fault))) {
  image_.AddTo(*origin_, kRepository, kTag);
  image_.AddTo(elsewhere_, kRepository, kTag);
  CreateUpstream();
  if (cached_ != Cached::kNothing) Warm();
  if (fault_.moves_tag && cached_ == Cached::kStale) MoveTag(moved_);
  if (fault_.begin) fault_.begin(*this);
  origin_->ClearRequests();
  elsewhere_.ClearRequests();
}

Scene::~Scene() { installation_.DeleteUpstream(upstream_id_); }

void Scene::CreateUpstream() {
  v1::Upstream upstream;
  upstream.set_url(origin_->url());
  upstream.mutable_tls()->set_insecure_skip_verify(fault_.tls);
  // What a pull leaves in memory must not decide what comes after.
  upstream.mutable_limits()->set_failures_to_open(1000);
  auto& cache_policy = *upstream.mutable_cache_policy();
  cache_policy.mutable_negative_ttls()->mutable_manifest_not_found();
  cache_policy.mutable_negative_ttls()->mutable_blob_not_found();
  cache_policy.mutable_negative_ttls()->mutable_refused();
  if (cached_ == Cached::kStale) {
    cache_policy.mutable_tag_ttl()->set_nanos(1);
  }
  if (fault_.prepare) fault_.prepare(*this, upstream);
  registry_id_ = installation_.CreateRegistry();
  upstream_id_ = installation_.CreateUpstream(upstream);
  installation_.Attach(registry_id_, upstream_id_);
}

void Scene::Warm() {
  const HttpResponse response = Get(path());
  Require(response.status == 200 && response.body == true_bytes(),
          absl::StrCat("is cached at first: ", response.status, " ",
                       response.error, response.body.substr(0, 200)));
  AwaitStored(asked_ == Asked::kTag      ? "tag"
              : asked_ == Asked::kDigest ? "digest"
                                         : "blob");
}

Seen Scene::Pull(const std::string& stored) {
  HttpResponse response;
  {
    Thread beside("beside", [this] {
      if (fault_.during) fault_.during(*this);
    });
    response = Get(path());
    answered_.Set();
  }
  Seen seen;
  seen.status = response.status;
  seen.body = BodyOf(response);
  seen.headers = HeadersOf(response);
  seen.stored = AwaitStored(stored);
  seen.requests = origin_->CountRequests({});
  seen.elsewhere = elsewhere_.CountRequests({});
  CheckLaws(response);
  return seen;
}

void Scene::Recover() {
  if (bad_port_) return;  // It stays closed.
  origin_->ClearAnswers();
  origin_->RequireNoAuth();
  const HttpResponse response = Get(path());
  // What is fresh is served as it was, wherever the tag is by now.
  const bool is_cached_fresh =
      cached_ == Cached::kFresh && response.body == image_.manifest;
  Require(response.status == 200 && response.error.empty() &&
              (response.body == true_bytes() || is_cached_fresh),
          absl::StrCat("works again at once, not: ", response.status, " ",
                       response.error, response.body.substr(0, 300)));
}

std::string Scene::elsewhere_url() const {
  return absl::StrCat("http://localhost:", elsewhere_.port());
}

std::string Scene::path() const {
  switch (asked_) {
    case Asked::kTag:
      return absl::StrCat(kRepository, "/manifests/", kTag);
    case Asked::kDigest:
      return absl::StrCat(kRepository, "/manifests/",
                          image_.manifest_digest.ToString());
    case Asked::kBlob:
      return absl::StrCat(kRepository, "/blobs/",
                          image_.blob_digest.ToString());
  }
  return "";
}

std::string Scene::target() const { return absl::StrCat("/v2/", path()); }

const std::string& Scene::true_bytes() const {
  if (asked_ == Asked::kBlob) return image_.blob;
  return tag_is_moved_ && asked_ == Asked::kTag ? moved_.manifest
                                                : image_.manifest;
}

void Scene::AnswerAll(const FakeAnswer& answer, int times) {
  origin_->Answer({"", absl::StrCat("/v2/", kRepository)}, answer, times);
}

void Scene::AnswerGets(const FakeAnswer& answer, int times) {
  origin_->Answer({"GET", absl::StrCat("/v2/", kRepository)}, answer, times);
}

void Scene::MoveTag(const TestImage& image) {
  image.AddTo(*origin_, kRepository, kTag);
  tag_is_moved_ = true;
}

void Scene::CloseOrigin(BadPort::Manner manner) {
  const int port = origin_->port();
  origin_->Stop();
  bad_port_.emplace(port, manner);
}

void Scene::Update(const v1::Upstream& upstream, const std::string& field) {
  v1::Upstream named = upstream;
  named.set_id(upstream_id_);
  installation_.UpdateUpstream(named, {field});
}

void Scene::UseCredentials(v1::Upstream& upstream) {
  SetLogin(upstream, kUser, kSecret);
  origin_->RequireBearer({.username = kUser, .password = kSecret});
}

void Scene::PullAnotherTag() {
  origin_->AddManifest(kRepository, "other", kManifestType,
                       absl::StrCat(image_.manifest, "\n"));
  const HttpResponse response =
      Get(absl::StrCat(kRepository, "/manifests/other"));
  Require(response.status == 200,
          absl::StrCat("another tag can be pulled: ", response.status));
}

HttpResponse Scene::Get(const std::string& path) const {
  return installation_.Get(registry_id_, path);
}

std::string Scene::Stored() const {
  const std::map<std::string, std::string> names = {
      {absl::StrCat("/", kRepository, "/manifests/", kTag), "tag"},
      {absl::StrCat("/", kRepository, "/manifests/",
                    image_.manifest_digest.ToString()),
       "digest"},
      {absl::StrCat("/", kRepository, "/blobs/", image_.blob_digest.ToString()),
       "blob"}};
  std::vector<std::string> stored;
  for (const v1::CacheEntry& entry : installation_.Entries(upstream_id_)) {
    const auto name = names.find(entry.relative_path());
    if (name == names.end()) continue;
    const bool is_moved = name->second == "tag" &&
                          entry.digest() != image_.manifest_digest.ToString();
    stored.push_back(absl::StrCat(name->second, is_moved ? " (moved)" : ""));
  }
  if (stored.empty()) return kNothing;
  std::sort(stored.begin(), stored.end());
  return absl::StrJoin(stored, ", ");
}

std::string Scene::AwaitStored(const std::string& stored) const {
  std::string now;
  const auto is_so = [&] { return (now = Stored()) == stored; };
  // Whoever asks compares, and shows the difference.
  (void)Eventually(is_so, absl::Seconds(10), stored);
  return now;
}

std::string Scene::BodyOf(const HttpResponse& response) {
  if (response.status != 200) return ErrorCodeOf(response);
  if (!response.error.empty()) return kCutShort;
  const bool is_blob = asked_ == Asked::kBlob;
  if (response.body == (is_blob ? image_.blob : image_.manifest)) {
    return kRightBytes;
  }
  if (!is_blob && response.body == moved_.manifest) return kBytesOfTheMovedTag;
  return "WRONG BYTES";
}

// What must hold whatever the upstream does.
void Scene::CheckLaws(const HttpResponse& response) {
  Require(response.status != 401, "is never sent 401");
  if (response.status == 200 && response.error.empty()) {
    const std::string digest = response.header("docker-content-digest");
    Require(digest == Digest::OfBytes(response.body).ToString(),
            "is told the digest of what it gets");
  }
  if (response.status != 200) {
    Require(response.header("content-type") == "application/json",
            "is told errors in JSON");
    Require(!absl::StrContains(response.body, kSecret) &&
                !HasTokenOfAFake(response.body),
            "is told no secrets");
  }
  std::set<std::string> shown_to_origin;
  for (const RecordedRequest& request : origin_->requests()) {
    shown_to_origin.insert(request.Header("Authorization"));
  }
  for (const RecordedRequest& request : elsewhere_.requests()) {
    const std::string shown = request.Header("Authorization");
    Require(!absl::StartsWith(shown, "Basic") &&
                (shown.empty() || shown_to_origin.count(shown) == 0) &&
                !absl::StrContains(request.target, kSecret),
            "has its credentials kept from other hosts");
  }
}

void Scene::Require(bool holds, const std::string& law) {
  if (!holds) broken_laws_.push_back(law);
}

}  // namespace cvr::testing
