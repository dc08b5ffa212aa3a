#include "services/blob/upstream_test_service.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"
#include "services/metadata/api/probe_target.h"

namespace cvr {
namespace {

using Outcome = ProbeReport::Outcome;

constexpr char kRepository[] = "library/alpine";
constexpr char kTag[] = "latest";

using Kind = ProbeReport::Step::Kind;
using WireStep = v1::TestUpstreamResponse::Step;

constexpr std::pair<Outcome, v1::TestUpstreamResponse::Outcome> kOutcomes[] = {
    {Outcome::kReachable, v1::TestUpstreamResponse::OUTCOME_REACHABLE},
    {Outcome::kAddressForbidden,
     v1::TestUpstreamResponse::OUTCOME_ADDRESS_FORBIDDEN},
    {Outcome::kDnsFailed, v1::TestUpstreamResponse::OUTCOME_DNS_FAILED},
    {Outcome::kConnectFailed, v1::TestUpstreamResponse::OUTCOME_CONNECT_FAILED},
    {Outcome::kTlsFailed, v1::TestUpstreamResponse::OUTCOME_TLS_FAILED},
    {Outcome::kTokenFailed, v1::TestUpstreamResponse::OUTCOME_TOKEN_FAILED},
    {Outcome::kRefused, v1::TestUpstreamResponse::OUTCOME_REFUSED},
    {Outcome::kRateLimited, v1::TestUpstreamResponse::OUTCOME_RATE_LIMITED},
    {Outcome::kTimedOut, v1::TestUpstreamResponse::OUTCOME_TIMED_OUT},
    {Outcome::kBadAnswer, v1::TestUpstreamResponse::OUTCOME_BAD_ANSWER},
};

constexpr std::pair<Kind, WireStep::Kind> kKinds[] = {
    {Kind::kUrl, WireStep::KIND_URL},
    {Kind::kDns, WireStep::KIND_DNS},
    {Kind::kConnect, WireStep::KIND_CONNECT},
    {Kind::kTls, WireStep::KIND_TLS},
    {Kind::kAuth, WireStep::KIND_AUTH},
    {Kind::kManifest, WireStep::KIND_MANIFEST},
};

v1::TestUpstreamResponse ReportOnWire(const ProbeReport& report) {
  v1::TestUpstreamResponse message;
  for (const ProbeReport::Step& step : report.steps) {
    auto& shown = *message.add_steps();
    for (const auto& [kind, wire] : kKinds) {
      if (kind == step.kind) shown.set_kind(wire);
    }
    shown.set_ok(step.ok);
    shown.set_detail(step.detail);
    *shown.mutable_duration() = ToWire(step.duration);
  }
  for (const auto& [outcome, wire] : kOutcomes) {
    if (outcome == report.outcome) message.set_outcome(wire);
  }
  message.set_http_status(report.http_status);
  message.set_message(report.message);
  return message;
}

struct Question {
  Repository repository;
  Reference reference;
};

absl::StatusOr<Question> QuestionOf(const v1::TestUpstreamRequest& request) {
  auto repository = Repository::Parse(
      request.repository().empty() ? kRepository : request.repository());
  auto reference = Reference::Parse(
      request.reference().empty() ? kTag : request.reference());
  std::vector<FieldViolation> violations;
  if (!repository.ok()) {
    violations.push_back(
        {"repository", std::string(repository.status().message())});
  }
  if (!reference.ok()) {
    violations.push_back(
        {"reference", std::string(reference.status().message())});
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return Question{*std::move(repository), *std::move(reference)};
}

}  // namespace

absl::StatusOr<v1::TestUpstreamResponse> UpstreamTestServiceImpl::Test(
    const v1::TestUpstreamRequest& request) {
  ASSIGN_OR_RETURN(const Question question, QuestionOf(request));
  UpstreamAccess stored;
  if (request.upstream_id() != 0) {
    ASSIGN_OR_RETURN(stored,
                     metadata_.GetUpstreamAccess(request.upstream_id()));
  }
  ASSIGN_OR_RETURN(const UpstreamAccess target,
                   ProbeTarget(stored, request.upstream()));
  ASSIGN_OR_RETURN(const auto pass,
                   running_.Enter({target.group, request.upstream_id()}));
  return ReportOnWire(
      prober_.Probe(target, question.repository, question.reference));
}

grpc::Status UpstreamTestServiceImpl::TestUpstream(
    grpc::ServerContext* context, const v1::TestUpstreamRequest* request,
    v1::TestUpstreamResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return Test(*request); });
}

}  // namespace cvr
