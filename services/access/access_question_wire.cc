#include "services/access/access_question_wire.h"

#include <utility>

#include "services/access/caller_wire.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;
using Kind = AccessQuestion::Kind;

constexpr std::pair<Action, internal::v1::AccessQuestion::AccessAction>
    kActions[] = {
        {Action::kPull, internal::v1::AccessQuestion::ACCESS_ACTION_PULL},
        {Action::kRead, internal::v1::AccessQuestion::ACCESS_ACTION_READ},
        {Action::kManage, internal::v1::AccessQuestion::ACCESS_ACTION_MANAGE},
        {Action::kAdminister,
         internal::v1::AccessQuestion::ACCESS_ACTION_ADMINISTER},
        {Action::kAuthenticate,
         internal::v1::AccessQuestion::ACCESS_ACTION_AUTHENTICATE},
};

constexpr std::pair<Kind, internal::v1::AccessQuestion::Kind> kKinds[] = {
    {Kind::kNone, internal::v1::AccessQuestion::KIND_NONE},
    {Kind::kGroup, internal::v1::AccessQuestion::KIND_GROUP},
    {Kind::kRegistry, internal::v1::AccessQuestion::KIND_REGISTRY},
    {Kind::kUpstream, internal::v1::AccessQuestion::KIND_UPSTREAM},
    {Kind::kCacheEntry, internal::v1::AccessQuestion::KIND_CACHE_ENTRY},
    {Kind::kAttachment, internal::v1::AccessQuestion::KIND_ATTACHMENT},
    {Kind::kOperation, internal::v1::AccessQuestion::KIND_OPERATION},
};

}  // namespace

internal::v1::AccessQuestion ToWire(const AccessQuestion& question) {
  internal::v1::AccessQuestion message;
  for (const auto& [action, wire] : kActions) {
    if (action == question.action) message.set_action(wire);
  }
  for (const auto& [kind, wire] : kKinds) {
    if (kind == question.kind) message.set_kind(wire);
  }
  message.set_id(question.id);
  message.set_name(question.name);
  return message;
}

absl::StatusOr<AccessQuestion> FromWire(
    const internal::v1::AccessQuestion& message) {
  AccessQuestion question;
  bool has_action = false;
  bool has_kind = false;
  for (const auto& [action, wire] : kActions) {
    if (wire != message.action()) continue;
    question.action = action;
    has_action = true;
  }
  for (const auto& [kind, wire] : kKinds) {
    if (wire != message.kind()) continue;
    question.kind = kind;
    has_kind = true;
  }
  if (!has_action) return errors::FieldInvalid("action", "unknown value");
  if (!has_kind) return errors::FieldInvalid("kind", "unknown value");
  question.id = message.id();
  question.name = message.name();
  return question;
}

internal::v1::AuthorizeResponse ToWire(const Admission& admission) {
  internal::v1::AuthorizeResponse message;
  *message.mutable_caller() = ToWire(admission.caller);
  message.set_group(admission.group);
  message.set_name(admission.name);
  if (admission.missing) {
    message.set_missing(static_cast<int>(*admission.missing) + 1);
  }
  return message;
}

Admission FromWire(const internal::v1::AuthorizeResponse& message) {
  Admission admission;
  admission.caller = FromWire(message.caller());
  admission.group = message.group();
  admission.name = message.name();
  if (message.missing() > 0) admission.missing = message.missing() - 1;
  return admission;
}

}  // namespace cvr
