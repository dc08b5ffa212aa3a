#ifndef GATEWAY_REGISTRY_NAMESPACE_FIELD_H_
#define GATEWAY_REGISTRY_NAMESPACE_FIELD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "gateway/message/http_message.h"

namespace cvr {

// The source namespace as the resolver knows it: hosts have no case.
inline std::string ResolvedNamespace(const std::string& source_namespace) {
  return absl::AsciiStrToLower(source_namespace);
}

// Adds OCI-Namespace (distribution-spec, "Registry Proxying") to the reply when
// a source namespace decided who may answer, whether with content or with an
// error: `resolved` is what the resolver said to it.
inline HttpReply WithNamespace(HttpReply reply,
                               const std::string& source_namespace,
                               const absl::Status& resolved) {
  const bool honoured = resolved.ok() || absl::IsPermissionDenied(resolved);
  if (honoured && !source_namespace.empty()) {
    reply.fields.Add("OCI-Namespace", source_namespace);
  }
  return reply;
}

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_NAMESPACE_FIELD_H_
