#include "services/rpc/credentials/call_gate.h"

#include <grpc/grpc_security_constants.h>
#include <grpc/slice.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rpc/credentials/method_rules.h"

namespace cvr {
namespace {

constexpr absl::string_view kPathField = ":path";

absl::string_view TextOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

std::vector<std::string> PropertiesOf(const grpc_auth_context* context,
                                      const char* name) {
  std::vector<std::string> values;
  auto iterator = grpc_auth_context_find_properties_by_name(context, name);
  while (const auto* const property =
             grpc_auth_property_iterator_next(&iterator)) {
    values.emplace_back(property->value, property->value_length);
  }
  return values;
}

void ReadTransport(const grpc_auth_context* context, CallIdentity& identity) {
  for (const std::string& type :
       PropertiesOf(context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME)) {
    identity.has_tls = type == GRPC_SSL_TRANSPORT_SECURITY_TYPE ||
                       type == GRPC_TLS_TRANSPORT_SECURITY_TYPE;
  }
  // The library ends the handshake of a certificate that it cannot verify.
  if (!identity.has_tls || !grpc_auth_context_peer_is_authenticated(context)) {
    return;
  }
  for (const char* const name :
       {GRPC_X509_CN_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME}) {
    for (std::string& value : PropertiesOf(context, name)) {
      identity.certificate_names.push_back(std::move(value));
    }
  }
}

bool HaveCommonName(const std::vector<std::string>& a,
                    const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) {
    return std::any_of(b.begin(), b.end(), [&](const std::string& other) {
      return !one.empty() && absl::EqualsIgnoreCase(one, other);
    });
  });
}

}  // namespace

CallGate::CallGate(PeerTrust trust, Listener on_refused)
    : trust_(std::move(trust)), on_refused_(std::move(on_refused)) {}

PeerRoles CallGate::RolesOf(const CallIdentity& identity) const {
  PeerRoles roles;
  if (!identity.has_tls) {
    return trust_.secrets == nullptr ? roles
                                     : trust_.secrets->RolesOf(identity.secret);
  }
  if (HaveCommonName(identity.certificate_names, trust_.gateway_names)) {
    roles.Add(PeerRole::kGateway);
  }
  if (HaveCommonName(identity.certificate_names, trust_.blob_names)) {
    roles.Add(PeerRole::kBlob);
  }
  if (HaveCommonName(identity.certificate_names, trust_.metadata_names)) {
    roles.Add(PeerRole::kMetadata);
  }
  return roles;
}

absl::Status CallGate::Check(absl::string_view method, PeerRoles roles) {
  const MethodRule rule = RuleOfMethod(method);
  switch (rule.whom) {
    case MethodRule::For::kEverybody:
    case MethodRule::For::kAdministrators:
      return absl::OkStatus();
    case MethodRule::For::kUnknown:
      return absl::UnimplementedError(
          absl::StrCat("this server does not have the gRPC method ", method));
    case MethodRule::For::kPeers:
      if (roles.HasAnyOf(rule.roles)) return absl::OkStatus();
      break;
    case MethodRule::For::kNobody:
      break;
  }
  return absl::PermissionDeniedError(
      roles.IsEmpty() ? "this gRPC method is internal: the caller must "
                        "authenticate as a service, with a client certificate "
                        "issued by --rpc_ca_file or with a peer secret"
                      : "this gRPC method is not allowed for the role of the "
                        "calling service");
}

void CallGate::Attach(std::shared_ptr<const CallGate> gate,
                      grpc_server_credentials* credentials) {
  grpc_auth_metadata_processor processor = {};
  processor.process = Process;
  processor.destroy = [](void* state) {
    delete static_cast<std::shared_ptr<const CallGate>*>(state);
  };
  processor.state = new std::shared_ptr<const CallGate>(std::move(gate));
  grpc_server_credentials_set_auth_metadata_processor(credentials, processor);
}

void CallGate::Process(void* state, grpc_auth_context* context,
                       const grpc_metadata* fields, size_t field_count,
                       grpc_process_auth_metadata_done_cb done,
                       void* user_data) {
  const CallGate& gate = **static_cast<std::shared_ptr<const CallGate>*>(state);
  CallIdentity identity;
  ReadTransport(context, identity);
  std::string method;
  std::vector<grpc_metadata> removed;
  for (size_t i = 0; i < field_count; ++i) {
    const absl::string_view key = TextOf(fields[i].key);
    if (key == kPathField) method = std::string(TextOf(fields[i].value));
    if (key == kPeerSecretField) {
      identity.secret = std::string(TextOf(fields[i].value));
      removed.push_back(fields[i]);
    }
  }
  const PeerRoles roles = gate.RolesOf(identity);
  for (size_t i = 0; i < field_count; ++i) {
    if (TextOf(fields[i].key) == kClientField &&
        !roles.HasAnyOf({PeerRole::kGateway, PeerRole::kMetadata})) {
      removed.push_back(fields[i]);
    }
  }
  const absl::Status status = Check(method, roles);
  if (!status.ok() && gate.on_refused_) {
    gate.on_refused_({method, status, identity.certificate_names});
  }
  done(user_data, removed.data(), removed.size(), nullptr, 0,
       static_cast<grpc_status_code>(status.code()),
       status.ok() ? nullptr : std::string(status.message()).c_str());
}

}  // namespace cvr
