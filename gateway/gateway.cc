#include "gateway/gateway.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gateway/registry/http_error.h"
#include "gateway/registry/pull_record.h"
#include "gateway/registry/request_share.h"
#include "gateway/registry/route.h"
#include "services/common/errors.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr char kVersionField[] = "Docker-Distribution-API-Version";
constexpr char kVersion[] = "registry/2.0";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

HttpReply WithVersion(HttpReply reply) {
  reply.fields.Add(kVersionField, kVersion);
  return reply;
}

// Others chose much of what is sent. Opened in a browser it must neither run
// nor be taken for something else than it is called.
HttpReply AsInertContent(HttpReply reply) {
  reply.fields.Add("Content-Security-Policy", "sandbox; default-src 'none'");
  return reply;
}

HttpServer::Options WithAudit(HttpServer::Options options, AuditFile* audit,
                              const Clock& clock) {
  if (audit == nullptr) return options;
  options.access_logger = [log = std::move(options.access_logger), audit,
                           &clock](const AccessRecord& record) {
    if (log) log(record);
    if (record.pull == nullptr) return;
    audit->Write(
        IsRefusal(record.status) ? AuditKind::kRefusal : AuditKind::kRead,
        AuditLineOf(*record.pull, record, clock.Now()));
  };
  return options;
}

HttpReply ReadOnlyReply() {
  return ErrorReply(errors::Unsupported("this registry is read-only"));
}

}  // namespace

Gateway::Gateway(Resolver& resolver, ContentSource& source, Options options)
    : options_(std::move(options)),
      routes_{options_.root_registry_id,
              [this, &resolver](absl::string_view path) {
                auto found = resolver.Locate(path);
                if (found.ok()) queues_.Learn(path, *found);
                return found;
              }},
      outages_(
          {.wait_max = options_.outage_wait, .services = options_.readiness},
          options_.http.requests),
      groups_(options_.http.requests.QueueMax()),
      source_(source, options_.http.requests.QueueMax()),
      content_(resolver, source_, streams_, outages_, *options_.clock,
               options_.fetch_timeout),
      lists_(resolver, source_, streams_, *options_.clock,
             options_.fetch_timeout),
      registry_(resolver, options_.root_registry_id),
      server_(
          ServerOptions(),
          [this](const HttpRequest& request) { return Handle(request); },
          [this](int status, absl::string_view message,
                 absl::string_view target) {
            return ProtocolError(status, message, target);
          }) {
  if (options_.access.auth != nullptr) {
    AccessControl::Options access = options_.access;
    access.routes = routes_;
    // Requests that are held back hold threads.
    access.waiting_max =
        std::min<int>(access.waiting_max,
                      std::max<int>(1, options_.http.requests.threads_max / 8));
    access_.emplace(access, *options_.clock);
  }
}

Gateway::~Gateway() { Stop(absl::InfinitePast()); }

absl::Status Gateway::Start() {
  const absl::Status status = server_.Start();
  if (!status.ok()) return status;
  spdlog::info("{} listens on {}", options_.http.tls ? "https" : "http",
               address());
  if (options_.http.tls) spdlog::info("{}", options_.http.tls->Describe());
  return absl::OkStatus();
}

std::string Gateway::url() const {
  return absl::StrCat(options_.http.tls ? "https://" : "http://", address());
}

void Gateway::Stop(absl::Time deadline) {
  if (access_) access_->Stop();
  outages_.Stop();
  server_.Stop(deadline, [this] {
    streams_.CancelAll();
    for (Administration* const administration :
         {options_.administration, options_.native_rest}) {
      if (administration != nullptr) administration->Cancel();
    }
  });
}

HttpServer::Options Gateway::ServerOptions() {
  HttpServer::Options options =
      WithAudit(options_.http, options_.audit, *options_.clock);
  const TrustedProxies& proxies = options_.access.trusted_proxies;
  options.is_health = IsHealthRequest;
  options.share_of = [this](const HttpRequest& request) {
    return ShareOf(request);
  };
  // What a proxy forwards is counted by request.
  options.client_of = [&proxies](const std::string& peer) {
    return proxies.Trusts(peer) ? ""
                                : proxies.ClientAddressOf(peer, std::nullopt);
  };
  options.before_body = [this](const HttpRequest& request) {
    return BeforeBody(request);
  };
  return options;
}

RequestShare Gateway::ShareOf(const HttpRequest& request) const {
  RequestShare share =
      ShareOfTarget(request.target, options_.root_registry_id, queues_);
  share.client = options_.access.trusted_proxies.ClientAddressOf(
      request.client, request.fields.Get("X-Forwarded-For"));
  return share;
}

// Only logins and administration have a body that is read.
HttpServer::Options::BodyDecision Gateway::BeforeBody(
    const HttpRequest& request) {
  const bool is_post = request.method == "POST";
  if (access_ && is_post && IsTokenTarget(request.target)) {
    const absl::Status admitted = access_->AdmitHead(request);
    if (!admitted.ok()) {
      return {false, WithRefusal(AccessErrorReply(admitted), request)};
    }
    return {true, std::nullopt};
  }
  Administration* const administration = AdministrationOf(request.target);
  if (administration == nullptr ||
      (!is_post && request.method != "PATCH" && request.method != "PUT")) {
    return {};
  }
  auto refusal = administration->Refuse(
      request,
      [&](const std::string& secret) { return Admit(request, secret); });
  HttpServer::Options::BodyDecision decision;
  decision.read = !refusal.has_value();
  decision.reply = std::move(refusal);
  decision.bytes_max = administration->body_bytes_max();
  return decision;
}

HttpReply Gateway::Handle(const HttpRequest& request) {
  return AsInertContent(Answer(request));
}

// Whatever reads may be asked again; logins issue another token then. Calls of
// administration are not held: they may have been made.
HttpReply Gateway::Answer(const HttpRequest& request) {
  const bool may_be_held =
      IsTokenTarget(request.target) ||
      (IsRegistryTarget(request.target) && request.is_read());
  HttpReply reply;
  if (may_be_held) {
    reply = outages_.Answer(ShareOf(request), [&](bool first) {
      if (first) return AnswerOnce(request);
      HttpRequest again = request;
      again.head_admitted = true;  // Limits count it once.
      return AnswerOnce(again);
    });
  } else {
    reply = AnswerOnce(request);
  }
  if (reply.outage) {
    spdlog::warn("HTTP request failed: status {}, cause: {}", reply.status,
                 *reply.outage);
  }
  return reply;
}

HttpReply Gateway::AnswerOnce(const HttpRequest& request) {
  if (Administration* const administration = AdministrationOf(request.target)) {
    return HandleAdministration(*administration, request);
  }
  const bool for_registry = IsRegistryTarget(request.target);
  HttpReply reply;
  if (access_ && (for_registry || IsTokenTarget(request.target))) {
    reply = access_->Handle(request, url(),
                            [&](const Caller& caller, const auto& parsed) {
                              return HandleRegistry(request, caller, parsed);
                            });
  } else if (for_registry) {
    reply =
        HandleRegistry(request, Caller(), ParseTarget(request.target, routes_));
  } else {
    reply = HandleOther(request);
  }
  reply = WithRefusal(std::move(reply), request);
  if (!for_registry) return reply;
  // Clients of registries do not mind; browsers save instead of showing.
  reply.fields.Add("Content-Disposition", "attachment");
  return WithVersion(std::move(reply));
}

HttpReply Gateway::HandleRegistry(const HttpRequest& request,
                                  const Caller& caller,
                                  const absl::StatusOr<ParsedTarget>& parsed) {
  if (!request.is_read()) return ReadOnlyReply();
  if (!parsed.ok()) return ErrorReply(parsed.status());
  HttpReply reply;
  if (caller.group.empty()) {
    reply = HandleRoute(request, *parsed, caller);
  } else if (const auto hold = groups_.TryTake(caller.group)) {
    reply = HandleRoute(request, *parsed, caller);
  } else {
    reply = ProtocolErrorReply(429, "too many requests of this group at once");
  }
  return Recorded(std::move(reply), request,
                  RecordOf(parsed->route, request.is_head()), caller);
}

HttpReply Gateway::HandleRoute(const HttpRequest& request,
                               const ParsedTarget& parsed,
                               const Caller& caller) {
  return std::visit(Overloaded{
                        [&](const ContentRoute& route) {
                          return content_.Handle(request, route, caller);
                        },
                        [&](const ReferrersRoute& route) {
                          return lists_.Referrers(route, parsed.query, caller);
                        },
                        [&](const TagsRoute& route) {
                          return lists_.Tags(route, parsed.query, caller);
                        },
                        [&](const CatalogRoute& route) {
                          return registry_.Catalog(route, parsed.query, caller);
                        },
                        [&](const auto&) { return registry_.ApiVersion(); },
                    },
                    parsed.route);
}

HttpReply Gateway::Recorded(HttpReply reply, const HttpRequest& request,
                            std::optional<PullRecord> record,
                            const Caller& caller) const {
  // Who is only asked to log in has not tried yet.
  const bool has_tried = !caller.is_anonymous() || reply.status != 401;
  if (options_.audit == nullptr || !record || !has_tried) return reply;
  record->caller = caller;
  record->client = ClientAddressOf(request);
  record->digest = reply.fields.Get("Docker-Content-Digest").value_or("");
  reply.pull = std::make_shared<PullRecord>(*std::move(record));
  return reply;
}

HttpReply Gateway::WithRefusal(HttpReply reply,
                               const HttpRequest& request) const {
  const bool is_login = IsTokenTarget(request.target);
  if (options_.audit == nullptr || reply.pull != nullptr ||
      !IsRefusal(reply.status) ||
      !(is_login || request.fields.Get("Authorization"))) {
    return reply;
  }
  PullRecord record;
  record.event = is_login ? "Login" : "Request";
  record.client = ClientAddressOf(request);
  // Who was refused costs no question about names.
  const auto parsed = ParseTarget(request.target, {options_.root_registry_id});
  if (parsed.ok()) {
    if (const auto read = RecordOf(parsed->route, request.is_head())) {
      const std::string client = record.client;
      record = *read;
      record.client = client;
    }
  }
  reply.pull = std::make_shared<PullRecord>(std::move(record));
  return reply;
}

std::string Gateway::ClientAddressOf(const HttpRequest& request) const {
  return options_.access.trusted_proxies.AddressOf(
      request.client, request.fields.Get("X-Forwarded-For"));
}

Administration* Gateway::AdministrationOf(absl::string_view target) const {
  if (!IsAdministrationTarget(target)) return nullptr;
  return options_.native_rest != nullptr && IsNativeRestTarget(target)
             ? options_.native_rest
             : options_.administration;
}

HttpReply Gateway::HandleAdministration(Administration& administration,
                                        const HttpRequest& request) {
  return administration.Handle(request, [&](const std::string& secret) {
    return Admit(request, secret);
  });
}

absl::StatusOr<std::string> Gateway::Admit(const HttpRequest& request,
                                           const std::string& secret) {
  if (!access_) return request.client;
  auto client = access_->Admit(request, secret);
  if (!client.ok()) NoteRefusedAdministration(request, client.status());
  return client;
}

// What is refused later is recorded by the service that refuses it.
void Gateway::NoteRefusedAdministration(const HttpRequest& request,
                                        const absl::Status& status) const {
  if (options_.audit == nullptr || absl::IsUnavailable(status)) return;
  PullRecord record;
  record.event = "Administration";
  record.client = ClientAddressOf(request);
  AccessRecord access;
  access.status = absl::IsUnauthenticated(status) ? 401 : 429;
  options_.audit->Write(AuditKind::kRefusal,
                        AuditLineOf(record, access, options_.clock->Now()));
}

HttpReply Gateway::ProtocolError(int status, absl::string_view message,
                                 absl::string_view target) {
  if (Administration* const administration = AdministrationOf(target)) {
    return administration->ProtocolError(status, message);
  }
  // It may not be known for whom the error is; registry clients are picky.
  return AsInertContent(WithVersion(ProtocolErrorReply(status, message)));
}

HttpReply Gateway::HandleOther(const HttpRequest& request) {
  // `*` is the whole server, which is asked for what it can do.
  if (request.target == "*") return ReadOnlyReply();
  const auto parsed = ParseTarget(request.target);
  if (!parsed.ok()) return ErrorReply(parsed.status());
  if (!request.is_read()) return ReadOnlyReply();
  return std::visit(
      Overloaded{
          [&](const HealthRoute&) { return HealthReply(); },
          [&](const ReadyRoute&) { return ReadyReply(options_.readiness); },
          [&](const auto&) { return RootReply(); },
      },
      parsed->route);
}

}  // namespace cvr
