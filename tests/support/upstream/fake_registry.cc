#include "tests/support/upstream/fake_registry.h"

#include <httplib.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/fake_lists.h"
#include "tests/support/upstream/fake_registry_reply.h"

namespace cvr::testing {
namespace {

constexpr char kJsonType[] = "application/json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

bool Matches(const RequestMatch& match, const RecordedRequest& request) {
  return (match.method.empty() || match.method == request.method) &&
         absl::StrContains(request.target, match.target_contains);
}

// `bytes=a-b` or `bytes=a-` within `size`; nothing for anything else.
std::optional<std::pair<uint64_t, uint64_t>> ParseRange(absl::string_view text,
                                                        uint64_t size) {
  if (!absl::ConsumePrefix(&text, "bytes=")) return std::nullopt;
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits('-', 1));
  uint64_t first = 0;
  uint64_t last = size - 1;
  if (!absl::SimpleAtoi(ends.first, &first)) return std::nullopt;
  if (!ends.second.empty() && !absl::SimpleAtoi(ends.second, &last)) {
    return std::nullopt;
  }
  return std::pair(first, std::min(last, size - 1));
}

// `/v2/<repository>/<kind>/<reference>`, split from the right.
struct Target {
  std::string repository;
  std::string kind;
  std::string reference;
};
std::optional<Target> ParseTarget(absl::string_view target) {
  const absl::string_view path = target.substr(0, target.find('?'));
  std::vector<std::string> parts = absl::StrSplit(path, '/');
  if (parts.size() < 5 || parts[1] != "v2") return std::nullopt;
  Target result;
  result.reference = parts[parts.size() - 1];
  result.kind = parts[parts.size() - 2];
  parts.resize(parts.size() - 2);
  parts.erase(parts.begin(), parts.begin() + 2);
  result.repository = absl::StrJoin(parts, "/");
  return result;
}

std::string BasicValue(const std::string& username,
                       const std::string& password) {
  return absl::StrCat(
      "Basic ", absl::Base64Escape(absl::StrCat(username, ":", password)));
}

}  // namespace

std::string RecordedRequest::Header(absl::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (absl::EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return "";
}

FakeAnswer FakeAnswer::Status(int status, std::vector<HttpHeader> headers,
                              std::string body) {
  FakeAnswer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return answer;
}

FakeAnswer FakeAnswer::Redirect(std::string location, int status) {
  return Status(status, {{"Location", std::move(location)}});
}

FakeRegistry::FakeRegistry() : FakeRegistry(Options()) {}

FakeRegistry::FakeRegistry(Options options)
    : server_(std::make_unique<LoopbackServer>(
          std::move(options),
          [this](const httplib::Request& request, httplib::Response& response) {
            Handle(request, response);
          })) {}

FakeRegistry::~FakeRegistry() { Stop(); }

void FakeRegistry::Stop() {
  std::vector<std::shared_ptr<Gate>> gates;
  std::vector<std::shared_ptr<Drip>> drips;
  {
    MutexLock lock(&mutex_);
    gates.swap(gates_);
    drips.swap(drips_);
  }
  for (const auto& gate : gates) gate->Open();
  for (const auto& drip : drips) drip->Open();
  server_->Stop();
}

Digest FakeRegistry::AddManifest(absl::string_view repository,
                                 absl::string_view tag,
                                 absl::string_view media_type,
                                 std::string bytes) {
  const Digest digest = Digest::OfBytes(bytes);
  MutexLock lock(&mutex_);
  Repository& held = repositories_[std::string(repository)];
  held.manifests[digest.ToString()] = {
      std::string(media_type),
      std::make_shared<const std::string>(std::move(bytes))};
  if (!tag.empty()) held.tags[std::string(tag)] = digest.ToString();
  return digest;
}

Digest FakeRegistry::AddBlob(absl::string_view repository, std::string bytes) {
  const Digest digest = Digest::OfBytes(bytes);
  MutexLock lock(&mutex_);
  repositories_[std::string(repository)].blobs[digest.ToString()] = {
      "application/octet-stream",
      std::make_shared<const std::string>(std::move(bytes))};
  return digest;
}

void FakeRegistry::AddReferrer(absl::string_view repository,
                               const Digest& subject, std::string descriptor) {
  MutexLock lock(&mutex_);
  repositories_[std::string(repository)]
      .referrers[subject.ToString()]
      .push_back(std::move(descriptor));
}

void FakeRegistry::RemoveRepository(absl::string_view repository) {
  MutexLock lock(&mutex_);
  repositories_.erase(std::string(repository));
}

void FakeRegistry::Answer(RequestMatch match, FakeAnswer answer, int times) {
  MutexLock lock(&mutex_);
  if (answer.gate) gates_.push_back(answer.gate);
  if (answer.drip) drips_.push_back(answer.drip);
  answers_.push_back({std::move(match), std::move(answer), times});
}

void FakeRegistry::ClearAnswers() {
  MutexLock lock(&mutex_);
  answers_.clear();
}

void FakeRegistry::RequireBasic(std::string username, std::string password) {
  MutexLock lock(&mutex_);
  bearer_.reset();
  basic_ = {std::move(username), std::move(password)};
}

void FakeRegistry::RequireBearer(FakeBearerAuth auth) {
  FakeRegistry* const service = auth.token_service ? auth.token_service : this;
  if (auth.realm.empty()) auth.realm = absl::StrCat(service->url(), "/token");
  auth.token_service = service;
  {
    MutexLock lock(&service->mutex_);
    service->grants_ = auth;
  }
  MutexLock lock(&mutex_);
  basic_.reset();
  bearer_ = std::move(auth);
}

void FakeRegistry::RequireNoAuth() {
  MutexLock lock(&mutex_);
  basic_.reset();
  bearer_.reset();
}

void FakeRegistry::RevokeTokens() {
  MutexLock lock(&mutex_);
  tokens_.clear();
}

std::vector<RecordedRequest> FakeRegistry::requests() const {
  return requests({});
}

std::vector<RecordedRequest> FakeRegistry::requests(
    const RequestMatch& match) const {
  std::vector<RecordedRequest> found;
  MutexLock lock(&mutex_);
  for (const RecordedRequest& request : requests_) {
    if (Matches(match, request)) found.push_back(request);
  }
  return found;
}

int FakeRegistry::CountRequests(const RequestMatch& match) const {
  return static_cast<int>(requests(match).size());
}

void FakeRegistry::ClearRequests() {
  MutexLock lock(&mutex_);
  requests_.clear();
}

void FakeRegistry::AwaitRequests(const RequestMatch& match, int count) {
  const auto is_match = [&](const RecordedRequest& request) {
    return Matches(match, request);
  };
  MutexLock lock(&mutex_);
  while (std::count_if(requests_.begin(), requests_.end(), is_match) < count) {
    arrived_.Wait(&mutex_);
  }
}

void FakeRegistry::Handle(const httplib::Request& request,
                          httplib::Response& response) {
  const RecordedRequest recorded = Record(request);
  FakeAnswer answer = TakeAnswer(recorded);
  if (answer.gate && !answer.gate_at_byte) answer.gate->Pass();
  if (answer.raw) return SendRaw(answer, request.remote_port);
  Reply reply;
  if (answer.status != 0) {
    reply = Reply::Of(answer.status, {}, "");
  } else if (absl::StartsWith(recorded.target, "/token")) {
    reply = GrantToken(request);
  } else if (auto refused = CheckAuth(recorded)) {
    reply = *std::move(refused);
    answer.truncate_at_byte.reset();
    answer.reset_at_byte.reset();
  } else {
    reply = Serve(recorded, answer);
  }
  Send(std::move(reply), answer, request, response);
}

RecordedRequest FakeRegistry::Record(const httplib::Request& request) {
  RecordedRequest recorded = {request.method, request.target};
  recorded.client_port = request.remote_port;
  for (const auto& [name, value] : request.headers) {
    recorded.headers.push_back({name, value});
  }
  MutexLock lock(&mutex_);
  requests_.push_back(recorded);
  arrived_.SignalAll();
  return recorded;
}

FakeAnswer FakeRegistry::TakeAnswer(const RecordedRequest& request) {
  MutexLock lock(&mutex_);
  for (auto it = answers_.begin(); it != answers_.end(); ++it) {
    if (!Matches(it->match, request)) continue;
    FakeAnswer answer = it->answer;
    if (it->times != kAlways && --it->times == 0) answers_.erase(it);
    return answer;
  }
  return {};
}

std::optional<FakeRegistry::Reply> FakeRegistry::CheckAuth(
    const RecordedRequest& request) {
  std::optional<BasicAuth> basic;
  std::optional<FakeBearerAuth> bearer;
  {
    MutexLock lock(&mutex_);
    basic = basic_;
    bearer = bearer_;
  }
  if (bearer) return CheckBearer(request, *bearer);
  if (!basic || request.Header("Authorization") ==
                    BasicValue(basic->username, basic->password)) {
    return std::nullopt;
  }
  Reply reply = Reply::Error(401, "UNAUTHORIZED");
  reply.Set({"WWW-Authenticate", "Basic realm=\"fake\""});
  return reply;
}

std::optional<FakeRegistry::Reply> FakeRegistry::CheckBearer(
    const RecordedRequest& request, const FakeBearerAuth& auth) {
  std::string scope;
  if (const auto target = ParseTarget(request.target)) {
    scope = absl::StrCat("repository:", target->repository, ":pull");
  }
  const std::string header = request.Header("Authorization");
  absl::string_view token = header;
  if (absl::ConsumePrefix(&token, "Bearer ") &&
      auth.token_service->Grants(token, scope)) {
    return std::nullopt;
  }
  Reply reply = Reply::Error(401, "UNAUTHORIZED");
  std::string challenge = absl::StrCat("Bearer realm=\"", auth.realm,
                                       "\",service=\"", auth.service, "\"");
  if (auth.scope_in_challenge && !scope.empty()) {
    absl::StrAppend(&challenge, ",scope=\"", scope, "\"");
  }
  reply.Set({"WWW-Authenticate", challenge});
  return reply;
}

bool FakeRegistry::Grants(absl::string_view token,
                          absl::string_view scope) const {
  MutexLock lock(&mutex_);
  const auto found = tokens_.find(std::string(token));
  if (found == tokens_.end()) return false;
  const std::vector<absl::string_view> scopes =
      absl::StrSplit(found->second, ' ');
  return scope.empty() ||
         std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

FakeRegistry::Reply FakeRegistry::GrantToken(const httplib::Request& request) {
  MutexLock lock(&mutex_);
  if (!grants_) return Reply::Error(404, "UNSUPPORTED");
  const bool open = grants_->username.empty();
  const std::string credentials = request.get_header_value("Authorization");
  const bool known =
      credentials == BasicValue(grants_->username, grants_->password);
  const bool anonymous = credentials.empty() && grants_->anonymous_gets_token;
  if (!open && !known && !anonymous) return Reply::Error(401, "UNAUTHORIZED");
  std::vector<std::string> scopes;
  if (open || known) {
    for (size_t i = 0; i < request.get_param_value_count("scope"); ++i) {
      scopes.push_back(request.get_param_value("scope", i));
    }
  }
  const std::string token =
      absl::StrCat(grants_->token_prefix, ++tokens_granted_);
  tokens_[token] = absl::StrJoin(scopes, " ");
  std::string body =
      absl::StrCat("{\"", grants_->token_member, "\":\"", token, "\"");
  if (grants_->expires_in_seconds) {
    absl::StrAppend(&body, ",\"expires_in\":", *grants_->expires_in_seconds);
  }
  return Reply::Of(200, {{"Content-Type", "application/json"}}, body + "}");
}

FakeRegistry::Reply FakeRegistry::Serve(const RecordedRequest& request,
                                        const FakeAnswer& answer) const {
  if (request.target == "/v2/") {
    return Reply::Of(200, {{"Content-Type", "application/json"}}, "{}");
  }
  const auto target = ParseTarget(request.target);
  if (!target) return Reply::Error(404, "UNSUPPORTED");
  MutexLock lock(&mutex_);
  const auto repository = repositories_.find(target->repository);
  if (repository == repositories_.end()) {
    return Reply::Error(404, "NAME_UNKNOWN");
  }
  const Repository& held = repository->second;
  if (target->kind == "blobs") {
    return ServeBlob(request, answer, held, target->reference);
  }
  if (target->kind == "tags") {
    const FakePage page = FakeTagsPage(held.tags, request.target);
    Reply reply = Reply::Of(200, {{"Content-Type", kJsonType}}, page.body);
    if (!page.link.empty()) reply.Set({"Link", page.link});
    return reply;
  }
  if (target->kind == "referrers") {
    const auto found = held.referrers.find(target->reference);
    return Reply::Of(200, {{"Content-Type", kIndexType}},
                     found == held.referrers.end()
                         ? FakeReferrersBody({})
                         : FakeReferrersBody(found->second));
  }
  if (target->kind != "manifests") return Reply::Error(404, "UNSUPPORTED");
  const auto tag = held.tags.find(target->reference);
  const std::string digest =
      tag == held.tags.end() ? target->reference : tag->second;
  const auto found = held.manifests.find(digest);
  if (found == held.manifests.end()) {
    return Reply::Error(404, "MANIFEST_UNKNOWN");
  }
  Reply reply = {200,
                 {{"Content-Type", found->second.media_type},
                  {"Docker-Content-Digest", digest},
                  {"ETag", absl::StrCat("\"", digest, "\"")}},
                 found->second.bytes};
  reply.length = reply.body->size();
  return reply;
}

FakeRegistry::Reply FakeRegistry::ServeBlob(const RecordedRequest& request,
                                            const FakeAnswer& answer,
                                            const Repository& repository,
                                            const std::string& digest) const {
  const auto found = repository.blobs.find(digest);
  if (found == repository.blobs.end()) {
    return Reply::Error(404, "BLOB_UNKNOWN");
  }
  const std::string etag = absl::StrCat("\"", digest, "\"");
  Reply reply = {200,
                 {{"Content-Type", found->second.media_type},
                  {"Docker-Content-Digest", digest},
                  {"ETag", etag},
                  {"Accept-Ranges", "bytes"}},
                 found->second.bytes};
  const uint64_t size = reply.body->size();
  reply.length = size;
  const std::string if_range = request.Header("If-Range");
  const auto range = ParseRange(request.Header("Range"), size);
  if (!range || answer.ignore_range ||
      (!if_range.empty() && if_range != etag)) {
    return reply;
  }
  if (range->first >= size) {
    reply = Reply::Error(416, "RANGE_INVALID");
    reply.Set({"Content-Range", absl::StrCat("bytes */", size)});
    return reply;
  }
  reply.status = 206;
  reply.offset = range->first;
  reply.length = range->second - range->first + 1;
  reply.Set({"Content-Range", absl::StrCat("bytes ", range->first, "-",
                                           range->second, "/", size)});
  return reply;
}

}  // namespace cvr::testing
