#include "gateway/gateway.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gateway/http_error.h"
#include "gateway/pull_record.h"
#include "gateway/route.h"
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
  reply.fields.Add("X-Content-Type-Options", "nosniff");
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
    audit->Write(AuditLineOf(*record.pull, record, clock.Now()));
  };
  return options;
}

// Only logins and administration have a body that is read.
HttpServer::Options WithBodies(HttpServer::Options options) {
  options.wants_body = [](const HttpRequest& request) {
    const bool is_post = request.method == "POST";
    return (is_post && IsTokenTarget(request.target)) ||
           ((is_post || request.method == "PATCH") &&
            IsAdministrationTarget(request.target));
  };
  return options;
}

HttpReply ReadOnlyReply() {
  return ErrorReply(errors::Unsupported("this registry is read-only"));
}

}  // namespace

Gateway::Gateway(Resolver& resolver, ContentSource& source, Options options)
    : options_(std::move(options)),
      content_(resolver, source, streams_, *options_.clock,
               options_.fetch_timeout),
      lists_(resolver, source, streams_, *options_.clock,
             options_.fetch_timeout),
      registry_(resolver, options_.root_registry_id),
      server_(
          WithBodies(WithAudit(options_.http, options_.audit, *options_.clock)),
          [this](const HttpRequest& request) { return Handle(request); },
          [this](int status, absl::string_view message,
                 absl::string_view target) {
            return ProtocolError(status, message, target);
          }) {
  if (options_.access.auth != nullptr) {
    access_.emplace(options_.access, *options_.clock);
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
  server_.Stop(deadline, [this] {
    streams_.CancelAll();
    if (options_.administration != nullptr) options_.administration->Cancel();
  });
}

HttpReply Gateway::Handle(const HttpRequest& request) {
  return AsInertContent(Answer(request));
}

HttpReply Gateway::Answer(const HttpRequest& request) {
  if (options_.administration != nullptr &&
      IsAdministrationTarget(request.target)) {
    return HandleAdministration(request);
  }
  const bool for_registry = IsRegistryTarget(request.target);
  HttpReply reply;
  if (access_ && (for_registry || IsTokenTarget(request.target))) {
    reply = access_->Handle(request, url(), [&](const Caller& caller) {
      return HandleRegistry(request, caller);
    });
  } else {
    reply =
        for_registry ? HandleRegistry(request, Caller()) : HandleOther(request);
  }
  if (!for_registry) return reply;
  // Clients of registries do not mind; browsers save instead of showing.
  reply.fields.Add("Content-Disposition", "attachment");
  return WithVersion(std::move(reply));
}

HttpReply Gateway::HandleRegistry(const HttpRequest& request,
                                  const Caller& caller) {
  if (!request.is_read()) return ReadOnlyReply();
  const auto parsed = ParseTarget(request.target, {options_.root_registry_id});
  if (!parsed.ok()) return ErrorReply(parsed.status());
  return std::visit(
      Overloaded{
          [&](const ContentRoute& route) {
            return Recorded(content_.Handle(request, route, caller), request,
                            route, caller);
          },
          [&](const ReferrersRoute& route) {
            return lists_.Referrers(route, parsed->query, caller);
          },
          [&](const TagsRoute& route) {
            return lists_.Tags(route, parsed->query, caller);
          },
          [&](const CatalogRoute& route) {
            return registry_.Catalog(route, parsed->query, caller);
          },
          [&](const auto&) { return registry_.ApiVersion(); },
      },
      parsed->route);
}

HttpReply Gateway::Recorded(HttpReply reply, const HttpRequest& request,
                            const ContentRoute& route,
                            const Caller& caller) const {
  // Who is only asked to log in has not tried yet.
  if (options_.audit == nullptr || request.is_head() || reply.status == 401) {
    return reply;
  }
  const ContentRef& content = route.content;
  auto pull = std::make_shared<PullRecord>();
  pull->caller = caller;
  pull->client = options_.access.trusted_proxies.AddressOf(
      request.client, request.fields.Get("X-Forwarded-For"));
  pull->registry_id = route.registry_id;
  pull->repository = content.repository.name();
  pull->kind = content.kind == ContentKind::kBlob ? "blob" : "manifest";
  pull->reference = content.reference.ToString();
  pull->digest = reply.fields.Get("Docker-Content-Digest").value_or("");
  reply.pull = std::move(pull);
  return reply;
}

HttpReply Gateway::HandleAdministration(const HttpRequest& request) {
  return options_.administration->Handle(
      request, [&](const std::string& secret) -> absl::StatusOr<std::string> {
        if (!access_) return request.client;
        return access_->Admit(request, secret);
      });
}

HttpReply Gateway::ProtocolError(int status, absl::string_view message,
                                 absl::string_view target) {
  if (options_.administration != nullptr && IsAdministrationTarget(target)) {
    return options_.administration->ProtocolError(status, message);
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
