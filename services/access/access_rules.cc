#include "services/access/access_rules.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "cvr/v1/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "services/access/resource_keys.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;
using Kind = AccessQuestion::Kind;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using v1::AccessRequirement;

// All of the groups that the caller may see.
constexpr char kAllGroups[] = "-";

// That one request asks about in one field.
constexpr int kMaxObjects = 1000;

absl::StatusOr<Action> ActionOf(const AccessRequirement& requirement) {
  switch (requirement.action()) {
    case AccessRequirement::ACTION_AUTHENTICATE:
      return Action::kAuthenticate;
    case AccessRequirement::ACTION_READ:
      return Action::kRead;
    case AccessRequirement::ACTION_MANAGE:
      return Action::kManage;
    case AccessRequirement::ACTION_ADMINISTER:
      return Action::kAdminister;
    default:
      return absl::InternalError("an access requirement without an action");
  }
}

absl::StatusOr<Kind> KindOf(const AccessRequirement& requirement) {
  switch (requirement.on()) {
    case AccessRequirement::OBJECT_NONE:
      return Kind::kNone;
    case AccessRequirement::OBJECT_GROUP:
      return Kind::kGroup;
    case AccessRequirement::OBJECT_REGISTRY:
      return Kind::kRegistry;
    case AccessRequirement::OBJECT_UPSTREAM:
      return Kind::kUpstream;
    case AccessRequirement::OBJECT_CACHE_ENTRY:
      return Kind::kCacheEntry;
    case AccessRequirement::OBJECT_ATTACHMENT:
      return Kind::kAttachment;
    case AccessRequirement::OBJECT_OPERATION:
      return Kind::kOperation;
    default:
      return absl::InternalError("an access requirement without an object");
  }
}

// A field of a request, or of a message in it (`registry.group`).
struct Place {
  const Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
};

// The field at the end may be a repeated one. Errors: INTERNAL.
absl::StatusOr<Place> PlaceOf(const Message& request, absl::string_view path) {
  Place place = {&request, nullptr};
  for (const auto part : absl::StrSplit(path, '.')) {
    if (place.field != nullptr) {
      if (place.field->message_type() == nullptr ||
          place.field->is_repeated()) {
        place.field = nullptr;
        break;
      }
      place.message = &place.message->GetReflection()->GetMessage(
          *place.message, place.field);
    }
    place.field =
        place.message->GetDescriptor()->FindFieldByName(std::string(part));
    if (place.field == nullptr) break;
  }
  if (place.field == nullptr) {
    return absl::InternalError(
        absl::StrCat(request.GetDescriptor()->name(), " has no field ", path));
  }
  return place;
}

// The key that stands for an id: of the same oneof, and chosen.
const ResourceKeyField* KeyInPlaceOf(const std::vector<ResourceKeyField>& keys,
                                     const Place& place,
                                     const Message& request) {
  if (place.message != &request) return nullptr;
  const auto found = absl::c_find_if(keys, [&](const ResourceKeyField& key) {
    return key.id_field == place.field;
  });
  return found == keys.end() ? nullptr : &*found;
}

// A message that is there, an id that is given in either way, or what is not
// zero.
absl::StatusOr<bool> IsSet(const Message& request,
                           const std::vector<ResourceKeyField>& keys,
                           absl::string_view path) {
  ASSIGN_OR_RETURN(const Place place, PlaceOf(request, path));
  if (place.field->is_repeated()) {
    return absl::InternalError(absl::StrCat(path, " is no single field"));
  }
  return KeyInPlaceOf(keys, place, request) != nullptr ||
         place.message->GetReflection()->HasField(*place.message, place.field);
}

absl::StatusOr<bool> Applies(const AccessRequirement& requirement,
                             const Message& request,
                             const std::vector<ResourceKeyField>& keys) {
  for (const std::string& field : requirement.when()) {
    ASSIGN_OR_RETURN(const bool is_set, IsSet(request, keys, field));
    if (!is_set) return false;
  }
  for (const std::string& field : requirement.unless()) {
    ASSIGN_OR_RETURN(const bool is_set, IsSet(request, keys, field));
    if (is_set) return false;
  }
  return true;
}

absl::Status Required(absl::string_view field, absl::string_view description) {
  return errors::FieldInvalid(field, description, v1::FIELD_REQUIRED);
}

// About the object of a key that was not resolved.
AccessQuestion AboutMissing(Action action, const ResourceKey& key,
                            const Message& request) {
  if (MakesMissingObject(request)) {
    return {Action::kManage, Kind::kGroup, 0, key.group};
  }
  return {action, key.kind, 0, absl::StrCat(key.group, "/", key.name)};
}

absl::Status CheckId(const AccessQuestion& question, absl::string_view field) {
  if (question.id > 0) return absl::OkStatus();
  return Required(field,
                  absl::StrCat("must name the ", KindName(question.kind)));
}

// Fills the question with the group that the request names.
absl::Status FillGroup(const Place& place, absl::string_view field,
                       AccessQuestion& question) {
  if (place.field->is_repeated() ||
      place.field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return absl::InternalError(absl::StrCat(field, " names no group"));
  }
  question.name =
      place.message->GetReflection()->GetString(*place.message, place.field);
  return question.name.empty() ? Required(field, "must name a group")
                               : absl::OkStatus();
}

// The question about each of the objects that the request names: none when the
// field is repeated, and empty.
absl::StatusOr<std::vector<AccessQuestion>> AboutObjects(
    const Message& request, const std::vector<ResourceKeyField>& keys,
    const Place& place, const std::string& field, AccessQuestion question) {
  if (question.kind == Kind::kGroup) {
    RETURN_IF_ERROR(FillGroup(place, field, question));
    return std::vector<AccessQuestion>{std::move(question)};
  }
  if (const auto* const key = KeyInPlaceOf(keys, place, request)) {
    return std::vector<AccessQuestion>{
        AboutMissing(question.action, key->key, request)};
  }
  if (place.field->cpp_type() != FieldDescriptor::CPPTYPE_INT64) {
    return absl::InternalError(absl::StrCat(field, " names no object"));
  }
  const auto& reflection = *place.message->GetReflection();
  if (!place.field->is_repeated()) {
    question.id = reflection.GetInt64(*place.message, place.field);
    RETURN_IF_ERROR(CheckId(question, field));
    return std::vector<AccessQuestion>{std::move(question)};
  }
  const int count = reflection.FieldSize(*place.message, place.field);
  if (count > kMaxObjects) {
    return errors::FieldInvalid(
        field, absl::StrCat("must not name more than ", kMaxObjects));
  }
  std::vector<AccessQuestion> questions;
  for (int i = 0; i < count; ++i) {
    question.id = reflection.GetRepeatedInt64(*place.message, place.field, i);
    RETURN_IF_ERROR(CheckId(question, absl::StrCat(field, "[", i, "]")));
    questions.push_back(question);
  }
  return questions;
}

// A group that must be named, in a list for example.
absl::Status CheckGroup(const Message& request) {
  const auto* const field = request.GetDescriptor()->FindFieldByName("group");
  if (field == nullptr ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING ||
      field->is_repeated()) {
    return absl::OkStatus();
  }
  const auto& options = field->options();
  bool is_required = false;
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    is_required |= options.GetExtension(google::api::field_behavior, i) ==
                   google::api::REQUIRED;
  }
  if (!is_required ||
      !request.GetReflection()->GetString(request, field).empty()) {
    return absl::OkStatus();
  }
  return Required("group", "must name a group, or be '-' for all");
}

// `-` in place of a group: then the method filters by itself.
bool MeansAllGroups(const AccessRequirement& requirement,
                    const AccessQuestion& question) {
  return question.kind == Kind::kGroup && question.name == kAllGroups &&
         question.action == Action::kRead &&
         absl::c_linear_search(requirement.when(), requirement.field());
}

absl::string_view NameOfMethod(const Message& request) {
  const auto* const method = MethodOfRequest(*request.GetDescriptor());
  if (method == nullptr) return "";
  return method->name();
}

bool HasPrefix(const Message& request,
               std::initializer_list<absl::string_view> prefixes) {
  const auto name = NameOfMethod(request);
  return absl::c_any_of(prefixes, [&](absl::string_view prefix) {
    return absl::StartsWith(name, prefix);
  });
}

}  // namespace

const MethodDescriptor* MethodOfRequest(
    const google::protobuf::Descriptor& request) {
  const auto& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    for (int m = 0; m < file.service(s)->method_count(); ++m) {
      const MethodDescriptor* const method = file.service(s)->method(m);
      if (method->input_type() == &request) return method;
    }
  }
  return nullptr;
}

bool HasAccessRule(const MethodDescriptor& method) {
  return method.options().ExtensionSize(v1::requirement) > 0;
}

absl::StatusOr<std::vector<AccessQuestion>> AccessNeededFor(
    const Message& request) {
  const auto* const method = MethodOfRequest(*request.GetDescriptor());
  std::vector<AccessQuestion> questions;
  if (method == nullptr || !HasAccessRule(*method)) {
    return absl::InternalError(absl::StrCat(
        "no access rule for ", request.GetDescriptor()->full_name()));
  }
  RETURN_IF_ERROR(CheckGroup(request));
  ASSIGN_OR_RETURN(const auto keys, KeysOf(request));
  std::vector<const FieldDescriptor*> asked;
  for (int i = 0; i < method->options().ExtensionSize(v1::requirement); ++i) {
    const auto& requirement =
        method->options().GetExtension(v1::requirement, i);
    ASSIGN_OR_RETURN(const bool applies, Applies(requirement, request, keys));
    if (!applies) continue;
    AccessQuestion question;
    ASSIGN_OR_RETURN(question.action, ActionOf(requirement));
    ASSIGN_OR_RETURN(question.kind, KindOf(requirement));
    if (question.kind == Kind::kNone) {
      questions.push_back(std::move(question));
      continue;
    }
    ASSIGN_OR_RETURN(const Place place, PlaceOf(request, requirement.field()));
    asked.push_back(place.field);
    ASSIGN_OR_RETURN(auto about,
                     AboutObjects(request, keys, place, requirement.field(),
                                  std::move(question)));
    for (AccessQuestion& each : about) {
      if (!MeansAllGroups(requirement, each)) {
        questions.push_back(std::move(each));
      }
    }
  }
  if (questions.empty()) {
    return absl::InternalError(
        absl::StrCat("no access rule covers ", method->full_name()));
  }
  for (const ResourceKeyField& key : ResourceFieldsOf(request)) {
    if (absl::c_linear_search(asked, key.id_field)) continue;
    AccessQuestion question = {Action::kRead, key.key.kind, key.id,
                               absl::StrCat(key.key.group, "/", key.key.name)};
    questions.push_back(std::move(question));
  }
  return questions;
}

std::string MethodNameOf(const Message& request) {
  const auto* const method = MethodOfRequest(*request.GetDescriptor());
  if (method == nullptr) return "";
  return absl::StrCat(method->service()->name(), ".", method->name());
}

bool IsChange(const Message& request) {
  return !HasPrefix(request, {"Get", "List", "Watch", "Explain", "Wait"}) &&
         !HasFlag(request, "validate_only");
}

bool HasFlag(const Message& request, const char* name) {
  const auto* const field = request.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && !field->is_repeated() &&
         field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
         request.GetReflection()->GetBool(request, field);
}

bool SucceedsWithoutObject(const Message& request) {
  return HasFlag(request, "allow_missing") &&
         HasPrefix(request, {"Delete", "Revoke"});
}

bool MakesMissingObject(const Message& request) {
  return HasFlag(request, "allow_missing") && HasPrefix(request, {"Update"});
}

}  // namespace cvr
