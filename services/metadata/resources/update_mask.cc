#include "services/metadata/resources/update_mask.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

constexpr char kEtag[] = "etag";

bool Is(const FieldDescriptor& field, google::api::FieldBehavior behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

bool IsOutput(const FieldDescriptor& field) {
  return Is(field, google::api::OUTPUT_ONLY);
}
bool IsImmutable(const FieldDescriptor& field) {
  return Is(field, google::api::IMMUTABLE);
}

// Messages of ours have fields with behaviours; those of google.protobuf are
// values.
bool IsOurMessage(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_repeated() &&
         !absl::StartsWith(field.message_type()->full_name(),
                           "google.protobuf.");
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

bool HaveSameValue(const Message& a, const Message& b,
                   const FieldDescriptor& field) {
  MessageDifferencer differencer;
  return differencer.CompareWithFields(a, b, {&field}, {&field});
}

// Makes the field of `to` what it is in `from`, set or not.
void CopyField(const Message& from, Message& to, const FieldDescriptor& field) {
  to.GetReflection()->ClearField(&to, &field);
  if (!IsSet(from, field)) return;
  // A merge of a message with this field alone.
  const std::unique_ptr<Message> only(from.New());
  only->CopyFrom(from);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* const other : set) {
    if (other != &field) only->GetReflection()->ClearField(only.get(), other);
  }
  to.MergeFrom(*only);
}

absl::Status BadPath(absl::string_view path, absl::string_view why) {
  return errors::FieldInvalid("update_mask", absl::StrCat("'", path, "' ", why),
                              v1::FIELD_UNKNOWN);
}

// The fields on the way of a path; empty when there is no such way.
std::vector<const FieldDescriptor*> WayOf(const Descriptor& type,
                                          absl::string_view path) {
  std::vector<const FieldDescriptor*> way;
  const Descriptor* at = &type;
  for (const auto part : absl::StrSplit(path, '.')) {
    const FieldDescriptor* const field =
        at == nullptr ? nullptr : at->FindFieldByName(std::string(part));
    if (field == nullptr) return {};
    way.push_back(field);
    at = IsOurMessage(*field) ? field->message_type() : nullptr;
  }
  return way;
}

bool IsWithin(absl::string_view path, absl::string_view outer) {
  return path == outer ||
         (absl::StartsWith(path, outer) && path[outer.size()] == '.');
}

// One run of Apply().
class Update {
 public:
  explicit Update(bool named) : named_(named) {}

  // The field `field` of `to` becomes that of `from`, as far as it can be set.
  void Set(const Message& from, Message& to, const FieldDescriptor& field,
           const std::string& path) {
    if (IsOutput(field) || IsImmutable(field)) {
      Compare(from, to, field, path);
    } else if (IsOurMessage(field) && IsSet(from, field)) {
      SetMessage(from, to, field, path);
    } else if (IsOurMessage(field)) {
      Clear(to, field);
    } else {
      CopyField(from, to, field);
    }
  }

  // The same for `*`, for which nobody has chosen the field.
  void SetOfAll(const Message& from, Message& to, const FieldDescriptor& field,
                const std::string& path) {
    const bool is_given = IsSet(from, field);
    if (field.name() == kEtag || IsOutput(field)) return;
    if (!is_given &&
        (IsImmutable(field) || Is(field, google::api::INPUT_ONLY))) {
      return;
    }
    Set(from, to, field, path);
  }

  void SetAll(const Message& from, Message& to, const std::string& prefix) {
    const Descriptor& type = *from.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      // The members of a oneof are one choice.
      if (field.real_containing_oneof() != nullptr) continue;
      SetOfAll(from, to, field, absl::StrCat(prefix, field.name()));
    }
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      SetOneof(from, to, *type.oneof_decl(i), prefix);
    }
  }

  absl::Status status() && {
    return violations_.empty() ? absl::OkStatus()
                               : errors::FieldsInvalid(std::move(violations_));
  }

 private:
  void SetOneof(const Message& from, Message& to,
                const google::protobuf::OneofDescriptor& choice,
                const std::string& prefix) {
    const auto* const chosen =
        from.GetReflection()->GetOneofFieldDescriptor(from, &choice);
    if (chosen == nullptr) {
      to.GetReflection()->ClearOneof(&to, &choice);
    } else {
      SetOfAll(from, to, *chosen, absl::StrCat(prefix, chosen->name()));
    }
  }

  // What is not the caller's to set must be what it is.
  void Compare(const Message& from, const Message& to,
               const FieldDescriptor& field, const std::string& path) {
    if (HaveSameValue(from, to, field)) return;
    // A caller who names no fields has read the resource, perhaps long ago.
    if (!named_ && IsOutput(field)) return;
    violations_.push_back({path, IsOutput(field) ? "is set by the server alone"
                                                 : "cannot be changed"});
  }

  // A message as a whole, but for what of it is not the caller's to set.
  void SetMessage(const Message& from, Message& to,
                  const FieldDescriptor& field, const std::string& path) {
    SetAll(from.GetReflection()->GetMessage(from, &field),
           *to.GetReflection()->MutableMessage(&to, &field),
           absl::StrCat(path, "."));
  }

  static void Clear(Message& message, const FieldDescriptor& field) {
    message.GetReflection()->ClearField(&message, &field);
  }

  // Whether the caller has named the fields.
  const bool named_;
  std::vector<FieldViolation> violations_;
};

void SetPath(Update& update, const Message& given, Message& resource,
             absl::string_view path) {
  const auto way = WayOf(*resource.GetDescriptor(), path);
  const Message* from = &given;
  Message* to = &resource;
  for (size_t i = 0; i + 1 < way.size(); ++i) {
    // What is not there is made only when there is something to put into it.
    if (!IsSet(*from, *way[i]) && !IsSet(*to, *way[i])) return;
    from = &from->GetReflection()->GetMessage(*from, way[i]);
    to = to->GetReflection()->MutableMessage(to, way[i]);
  }
  update.Set(*from, *to, *way.back(), std::string(path));
}

// The fields that are set, those of messages by themselves.
void ListSet(const Message& message, const std::string& prefix,
             std::vector<std::string>& paths) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* const field : set) {
    const std::string path = absl::StrCat(prefix, field->name());
    if (prefix.empty() && field->name() == kEtag) continue;
    if (IsOutput(*field)) continue;
    if (!IsOurMessage(*field)) {
      paths.push_back(path);
      continue;
    }
    const Message& inner = message.GetReflection()->GetMessage(message, field);
    const size_t before = paths.size();
    ListSet(inner, absl::StrCat(path, "."), paths);
    // Set, and empty: `credentials {}`.
    if (paths.size() == before) paths.push_back(path);
  }
}

std::vector<std::string> AllPaths(const Message& given) {
  std::vector<std::string> paths;
  const Descriptor& type = *given.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool is_given = IsSet(given, field);
    if (field.name() == kEtag || IsOutput(field)) continue;
    if (!is_given &&
        (IsImmutable(field) || Is(field, google::api::INPUT_ONLY))) {
      continue;
    }
    paths.push_back(field.name());
  }
  return paths;
}

// Without those that another one holds.
std::vector<std::string> Outermost(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> kept;
  for (std::string& path : paths) {
    const bool is_held = std::any_of(
        kept.begin(), kept.end(),
        [&](const std::string& outer) { return IsWithin(path, outer); });
    if (!is_held) kept.push_back(std::move(path));
  }
  return kept;
}

void CheckRequired(const Message& message, const std::string& prefix,
                   std::vector<FieldViolation>& violations) {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string path = absl::StrCat(prefix, field.name());
    if (!IsSet(message, field)) {
      if (Is(field, google::api::REQUIRED)) {
        violations.push_back({path, "must be set", v1::FIELD_REQUIRED});
      }
      continue;
    }
    if (field.message_type() == nullptr || field.is_map()) continue;
    const auto& reflection = *message.GetReflection();
    if (!field.is_repeated()) {
      CheckRequired(reflection.GetMessage(message, &field),
                    absl::StrCat(path, "."), violations);
      continue;
    }
    for (int n = 0; n < reflection.FieldSize(message, &field); ++n) {
      CheckRequired(reflection.GetRepeatedMessage(message, &field, n),
                    absl::StrCat(path, "[", n, "]."), violations);
    }
  }
}

}  // namespace

absl::StatusOr<UpdateMask> UpdateMask::Resolve(
    const google::protobuf::FieldMask& mask, const Message& given) {
  std::vector<std::string> paths;
  if (mask.paths().empty()) {
    ListSet(given, "", paths);
    return UpdateMask(Kind::kSetFields, std::move(paths));
  }
  for (const std::string& path : mask.paths()) {
    if (path == "*") {
      if (mask.paths_size() > 1) return BadPath("*", "must stand alone");
      return UpdateMask(Kind::kAll, AllPaths(given));
    }
    if (WayOf(*given.GetDescriptor(), path).empty()) {
      return BadPath(path, "names no field that can be updated");
    }
    if (path != kEtag) paths.push_back(path);
  }
  return UpdateMask(Kind::kNamed, Outermost(std::move(paths)));
}

absl::Status UpdateMask::Apply(const Message& given, Message& resource) const {
  const std::unique_ptr<Message> after(resource.New());
  after->CopyFrom(resource);
  Update update(/*named=*/kind_ == Kind::kNamed);
  if (kind_ == Kind::kAll) {
    update.SetAll(given, *after, "");
  } else {
    for (const std::string& path : paths_) {
      SetPath(update, given, *after, path);
    }
  }
  RETURN_IF_ERROR(std::move(update).status());
  resource.CopyFrom(*after);
  return absl::OkStatus();
}

bool UpdateMask::Names(absl::string_view path) const {
  return std::any_of(paths_.begin(), paths_.end(),
                     [&](const std::string& named) {
                       return IsWithin(named, path) || IsWithin(path, named);
                     });
}

absl::Status ApplyUpdate(const google::protobuf::FieldMask& mask,
                         const Message& given, Message& resource) {
  ASSIGN_OR_RETURN(const auto update, UpdateMask::Resolve(mask, given));
  return update.Apply(given, resource);
}

absl::Status CheckRequired(const Message& message, absl::string_view prefix) {
  std::vector<FieldViolation> violations;
  CheckRequired(message, std::string(prefix), violations);
  return violations.empty() ? absl::OkStatus()
                            : errors::FieldsInvalid(std::move(violations));
}

void ClearOutputOnly(Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* const field : set) {
    if (IsOutput(*field)) {
      reflection.ClearField(&message, field);
    } else if (IsOurMessage(*field)) {
      ClearOutputOnly(*reflection.MutableMessage(&message, field));
    }
  }
}

}  // namespace cvr
