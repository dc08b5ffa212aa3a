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
#include "gateway/registry/registry_lanes.h"
#include "gateway/registry/route.h"
#include "gateway/registry/shared_content_source.h"
#include "gateway/service_handler.h"
#include "services/access/audit_file.h"
#include "services/blob/api/content_source.h"
#include "services/concurrency/clock.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// The registry as its clients see it: HTTP in, resolutions and content streams
// out. Read-only and without state of its own. Thread-safe.
class Gateway {
 public:
  struct Options {
    HttpServer::Options http;
    // Which registry answers at the root: see RouteOptions.
    int64_t root_registry_id = 0;
    // For an upstream's first answer; its body is bounded by progress.
    absl::Duration fetch_timeout = absl::Seconds(60);
    AccessControl::Options access;
    // What is under `/api/`. Not owned; must outlive it. None = nothing is.
    Administration* administration = nullptr;
    ReadinessCheck readiness;  // None = always ready.
    // How long a request waits for a service that cannot be reached, since it
    // is being restarted. 0 = not at all.
    absl::Duration outage_wait = absl::ZeroDuration();
    // Where every pull is written; may be null. Must outlive the gateway.
    AuditFile* audit = nullptr;
    const Clock* clock = &Clock::Real();
  };

  // All that is passed in must outlive it.
  Gateway(Resolver& resolver, ContentSource& source, Options options);
  // Stops at once if it is running.
  ~Gateway();

  // Listens and serves. At most once. Errors: INVALID_ARGUMENT for an address
  // that is none; FAILED_PRECONDITION when it cannot be had.
  absl::Status Start();

  // `host:port` with the real port; empty before Start().
  std::string address() const { return server_.address(); }

  // That with its scheme.
  std::string url() const;

  // Takes no more requests, lets replies finish until `deadline`
  // (Clock::SteadyNow()), then breaks them off. Idempotent.
  void Stop(absl::Time deadline);

  // The reply to a request; what Start() serves. Never throws away an error:
  // every failure is a reply with a body.
  HttpReply Handle(const HttpRequest& request);
  HttpReply Answer(const HttpRequest& request);

 private:
  // One attempt at that.
  HttpReply AnswerOnce(const HttpRequest& request);
  // What stands before HttpServer's threads.
  HttpServer::Options ServerOptions();
  RequestShare ShareOf(const HttpRequest& request) const;
  HttpServer::Options::BodyDecision BeforeBody(const HttpRequest& request);

  HttpReply HandleRegistry(const HttpRequest& request, const Caller& caller,
                           const absl::StatusOr<ParsedTarget>& parsed);
  HttpReply HandleRoute(const HttpRequest& request, const ParsedTarget& parsed,
                        const Caller& caller);
  HttpReply HandleAdministration(const HttpRequest& request);
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
  // The same for who was refused before the request was read.
  HttpReply WithRefusal(HttpReply reply, const HttpRequest& request) const;
  void NoteRefusedAdministration(const HttpRequest& request,
                                 const absl::Status& status) const;
  std::string ClientOf(const HttpRequest& request) const;

  const Options options_;
  RegistryLanes lanes_;
  // How targets are read. `locate` asks the metadata service each time, so that
  // a name is of whom it is now.
  const RouteOptions routes_;
  ActiveStreams streams_;
  OutageHold outages_;
  // Threads that requests of one group may hold before they have a reply.
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
