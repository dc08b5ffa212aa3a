#ifndef GATEWAY_GATEWAY_H_
#define GATEWAY_GATEWAY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/access/access_control.h"
#include "gateway/http/administration.h"
#include "gateway/http/http_server.h"
#include "gateway/http/keyed_shares.h"
#include "gateway/outage/outage_hold.h"
#include "gateway/registry/active_streams.h"
#include "gateway/registry/content_handler.h"
#include "gateway/registry/list_handler.h"
#include "gateway/registry/pull_record.h"
#include "gateway/registry/registry_handler.h"
#include "gateway/registry/registry_queues.h"
#include "gateway/registry/route.h"
#include "gateway/registry/shared_content_source.h"
#include "gateway/service_handler.h"
#include "services/access/audit_file.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// The HTTP side of the registry: handles the requests of clients with a
// Resolver and a ContentSource. Clients cannot write; it keeps no data.
// Thread-safe.
class Gateway {
 public:
  struct Options {
    HttpServer::Options http;
    // ID of the registry that is served at the root: see RouteOptions.
    int64_t root_registry_id = 0;
    // Maximum wait for the first response of the upstreams. A body has no time
    // limit as long as it makes progress.
    absl::Duration fetch_timeout = absl::Seconds(60);
    AccessControl::Options access;
    // Handlers for paths under `/api/`, and for those among them that
    // IsNativeRestTarget() takes. Not owned; must outlive the gateway. None =
    // there are no such paths; without the second, the first has them all.
    Administration* administration = nullptr;
    Administration* native_rest = nullptr;
    ReadinessCheck readiness;  // None = always ready.
    // How long a request waits for a service that cannot be reached, for
    // example during its restart. 0 = not at all.
    absl::Duration outage_wait = absl::ZeroDuration();
    // Audit log for pulls; may be null. Must outlive the gateway.
    AuditFile* audit = nullptr;
    const Clock* clock = &Clock::Real();
  };

  // All arguments must outlive the gateway.
  Gateway(Resolver& resolver, ContentSource& source, Options options);
  // Stops at once if it is running.
  ~Gateway();

  // Listens and serves. Call at most once. Errors: INVALID_ARGUMENT if the
  // address is not valid; FAILED_PRECONDITION if it cannot be listened on.
  absl::Status Start();

  // `host:port` with the real port; empty before Start().
  std::string address() const { return server_.address(); }

  // The address with its scheme.
  std::string url() const;

  // Accepts no more requests, lets responses finish until `deadline`
  // (Clock::SteadyNow()), then aborts them. Idempotent.
  void Stop(absl::Time deadline);

  // The response to a request, without a connection: what Start() serves. Every
  // failure is a response with a body.
  HttpReply Handle(const HttpRequest& request);
  HttpReply Answer(const HttpRequest& request);

 private:
  // One attempt to answer; OutageHold may call it again.
  HttpReply AnswerOnce(const HttpRequest& request);
  // The options of the server, with the callbacks that run before a request
  // has a thread.
  HttpServer::Options ServerOptions();
  RequestShare ShareOf(const HttpRequest& request) const;
  HttpServer::Options::BodyDecision BeforeBody(const HttpRequest& request);

  HttpReply HandleRegistry(const HttpRequest& request, const Caller& caller,
                           const absl::StatusOr<ParsedTarget>& parsed);
  HttpReply HandleRoute(const HttpRequest& request, const ParsedTarget& parsed,
                        const Caller& caller);
  // What handles a target under `/api/`; null = nothing does.
  Administration* AdministrationOf(absl::string_view target) const;
  HttpReply HandleAdministration(Administration& administration,
                                 const HttpRequest& request);
  absl::StatusOr<std::string> Admit(const HttpRequest& request,
                                    const std::string& secret);
  HttpReply HandleOther(const HttpRequest& request);
  HttpReply ProtocolError(int status, absl::string_view message,
                          absl::string_view target);
  // The reply with what is to be written to the audit log once it is sent.
  // The reply with what the audit log is to say of it.
  HttpReply Recorded(HttpReply reply, const HttpRequest& request,
                     std::optional<PullRecord> record,
                     const Caller& caller) const;
  // The same for a request that was refused before it was read.
  HttpReply WithRefusal(HttpReply reply, const HttpRequest& request) const;
  void NoteRefusedAdministration(const HttpRequest& request,
                                 const absl::Status& status) const;
  std::string ClientAddressOf(const HttpRequest& request) const;

  const Options options_;
  RegistryQueues queues_;
  // How targets are parsed. `locate` asks the metadata service each time, so
  // that a renamed registry is found under its present name only.
  const RouteOptions routes_;
  ActiveStreams streams_;
  OutageHold outages_;
  // Limits the threads that requests of one group hold before they have a
  // response.
  KeyedShares groups_;
  SharedContentSource source_;
  ContentHandler content_;
  ListHandler lists_;
  RegistryHandler registry_;
  std::optional<AccessControl> access_;
  HttpServer server_;  // Its threads use all of the above.
};

}  // namespace cvr

#endif  // GATEWAY_GATEWAY_H_
