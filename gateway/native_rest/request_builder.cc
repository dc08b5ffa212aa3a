#include "gateway/native_rest/request_builder.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cvr/v1/annotations.pb.h"
#include "gateway/message/form.h"
#include "gateway/message/url_text.h"
#include "gateway/native_rest/body_mask.h"
#include "gateway/native_rest/field_value.h"
#include "google/protobuf/text_format.h"
#include "services/common/errors.h"
#include "services/common/json_reader.h"

namespace cvr::native_rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// A request for a thousand tags has five thousand values. No message of the API
// is nested half as deep.
constexpr size_t kJsonValuesMax = 32 * 1024;
constexpr size_t kJsonDepthMax = 32;
// What an answer repeats of a request.
constexpr size_t kViolationsMax = 32;
constexpr size_t kNameBytesMax = 128;

constexpr char kUnknown[] = "is not known";
constexpr char kRepeated[] = "must not be given twice";

// Fills one message, and notes what is wrong.
class Filler {
 public:
  // Sets the fields that `object` has. `prefix` is the path of `message` in
  // the request, with a dot after it.
  void FillObject(Message& message, const Json& object,
                  const std::string& prefix);
  // Sets the field at `path` by its text in the path of the request, or else in
  // its query.
  void FillPath(Message& request, const PathTemplate::Binding& binding);
  void FillQuery(Message& request, const Route& route, const std::string& name,
                 const std::string& text);

  void Note(absl::string_view field, absl::string_view problem) {
    if (violations_.size() >= kViolationsMax) return;
    violations_.push_back({std::string(field), std::string(problem)});
  }
  absl::Status status() && {
    if (violations_.empty()) return absl::OkStatus();
    return errors::FieldsInvalid(std::move(violations_));
  }

 private:
  void FillField(Message& message, const FieldDescriptor& field,
                 const Json& value, const std::string& path);
  void FillMap(Message& message, const FieldDescriptor& field,
               const Json& object, const std::string& path);
  void FillOne(Message& message, const FieldDescriptor& field,
               const Json& value, const std::string& path);
  // Whether another field of its oneof is set, which is noted.
  bool Excluded(const Message& message, const FieldDescriptor& field,
                absl::string_view path);
  // The message and the field in it that `name` leads to; notes what is wrong.
  std::pair<Message*, const FieldDescriptor*> Walk(Message& request,
                                                   const std::string& name);

  std::vector<FieldViolation> violations_;
  absl::flat_hash_set<std::string> given_;  // Paths in the query.
};

bool Filler::Excluded(const Message& message, const FieldDescriptor& field,
                      absl::string_view path) {
  const OneofDescriptor* const oneof = field.real_containing_oneof();
  if (oneof == nullptr) return false;
  const FieldDescriptor* const other =
      message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
  if (other == nullptr || other == &field) return false;
  Note(path, absl::StrCat("must not be set together with ", other->name()));
  return true;
}

void Filler::FillObject(Message& message, const Json& object,
                        const std::string& prefix) {
  absl::flat_hash_set<const FieldDescriptor*> seen;
  for (const auto& [name, value] : object.items()) {
    const FieldDescriptor* const field =
        FindField(*message.GetDescriptor(), name);
    if (field == nullptr) {
      Note(absl::StrCat(prefix, Printable(name, kNameBytesMax)), kUnknown);
      continue;
    }
    const std::string path = absl::StrCat(prefix, field->name());
    if (!seen.insert(field).second) {
      Note(path, kRepeated);
    } else if (!value.is_null() && !Excluded(message, *field, path)) {
      FillField(message, *field, value, path);
    }
  }
}

void Filler::FillField(Message& message, const FieldDescriptor& field,
                       const Json& value, const std::string& path) {
  if (field.is_map()) {
    FillMap(message, field, value, path);
  } else if (!field.is_repeated()) {
    FillOne(message, field, value, path);
  } else if (!value.is_array()) {
    Note(path, "must be a list");
  } else {
    for (size_t i = 0; i < value.size(); ++i) {
      FillOne(message, field, value[i], absl::StrCat(path, "[", i, "]"));
    }
  }
}

void Filler::FillMap(Message& message, const FieldDescriptor& field,
                     const Json& object, const std::string& path) {
  if (!object.is_object()) return Note(path, "must be an object");
  const Descriptor& entry = *field.message_type();
  for (const auto& [key, value] : object.items()) {
    Message& added = *message.GetReflection()->AddMessage(&message, &field);
    const std::string problem = SetText(added, *entry.map_key(), key);
    if (!problem.empty()) Note(path, problem);
    FillOne(added, *entry.map_value(), value, path);
  }
}

void Filler::FillOne(Message& message, const FieldDescriptor& field,
                     const Json& value, const std::string& path) {
  if (IsLeaf(field)) {
    const std::string problem = SetValue(message, field, value);
    if (!problem.empty()) Note(path, problem);
    return;
  }
  if (!value.is_object()) return Note(path, "must be an object");
  const auto* const reflection = message.GetReflection();
  FillObject(field.is_repeated()
                 ? *reflection->AddMessage(&message, &field)
                 : *reflection->MutableMessage(&message, &field),
             value, absl::StrCat(path, "."));
}

std::pair<Message*, const FieldDescriptor*> Filler::Walk(
    Message& request, const std::string& name) {
  const std::string shown = Printable(name, kNameBytesMax);
  Message* message = &request;
  const std::vector<absl::string_view> names = absl::StrSplit(name, '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* const field =
        FindField(*message->GetDescriptor(), names[i]);
    const bool is_last = i + 1 == names.size();
    if (field == nullptr || (!is_last && IsLeaf(*field))) {
      Note(shown, kUnknown);
      return {};
    }
    if (Excluded(*message, *field, shown)) return {};
    if (is_last && IsLeaf(*field)) return {message, field};
    if (is_last || field->is_repeated()) {
      Note(shown, "cannot be given here: name one of its fields");
      return {};
    }
    message = message->GetReflection()->MutableMessage(message, field);
  }
  return {};
}

void Filler::FillPath(Message& request, const PathTemplate::Binding& binding) {
  const auto [message, field] = Walk(request, binding.field);
  if (message == nullptr) return;
  const auto* const reflection = message->GetReflection();
  std::string before;
  std::string now;
  if (reflection->HasField(*message, field)) {
    google::protobuf::TextFormat::PrintFieldValueToString(*message, field, -1,
                                                          &before);
  }
  const std::string problem = SetText(*message, *field, binding.value);
  if (!problem.empty()) return Note(binding.field, problem);
  google::protobuf::TextFormat::PrintFieldValueToString(*message, field, -1,
                                                        &now);
  if (!before.empty() && before != now) {
    Note(binding.field, "is not what the path of the request says");
  }
}

void Filler::FillQuery(Message& request, const Route& route,
                       const std::string& name, const std::string& text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(name, absl::MaxSplits('.', 1));
  const FieldDescriptor* const top =
      FindField(*request.GetDescriptor(), parts.first);
  const std::string shown = Printable(name, kNameBytesMax);
  if (top == nullptr) return Note(shown, kUnknown);
  if (route.body == "*" || top->name() == route.body) {
    return Note(shown, "must be in the body");
  }
  const auto [message, field] = Walk(request, name);
  if (message == nullptr) return;
  if (field->options().GetExtension(v1::sensitive)) {
    return Note(shown, "is a secret, which must not be in a URL");
  }
  if (!field->is_repeated() && !given_.insert(shown).second) {
    return Note(shown, kRepeated);
  }
  const std::string problem = SetText(*message, *field, text);
  if (!problem.empty()) Note(shown, problem);
}

// The JSON object that is the body; absent after an error, which is noted.
Json BodyOf(absl::string_view text, Filler& filler) {
  if (text.empty()) return Json::object();
  if (IsModestJson(text, kJsonValuesMax, kJsonDepthMax)) {
    Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (body.is_object()) return body;
  }
  filler.Note("body",
              absl::StrCat("must be a JSON object of at most ", kJsonValuesMax,
                           " values, nested at most ", kJsonDepthMax, " deep"));
  return Json::object();
}

void FillBody(const Route& route, const Json& body, Message& request,
              Filler& filler) {
  if (route.body == "*") return filler.FillObject(request, body, "");
  const auto* const field =
      request.GetDescriptor()->FindFieldByName(route.body);
  filler.FillObject(*request.GetReflection()->MutableMessage(&request, field),
                    body, absl::StrCat(route.body, "."));
}

void FillQueryOf(const Route& route, absl::string_view query, Message& request,
                 Filler& filler) {
  const auto form = Form::Parse(query);
  if (!form.ok()) {
    return filler.Note("query", "has a broken encoding or too many parameters");
  }
  for (const auto& [name, text] : form->pairs()) {
    filler.FillQuery(request, route, name, text);
  }
}

// AIP-134.
void FillMask(const Route& route, const Json& body, Message& request) {
  const auto* const field =
      request.GetDescriptor()->FindFieldByName("update_mask");
  const auto* const reflection = request.GetReflection();
  if (route.http_method != "PATCH" || field == nullptr ||
      field->message_type() != google::protobuf::FieldMask::descriptor() ||
      reflection->HasField(request, field)) {
    return;
  }
  const auto* const resource =
      request.GetDescriptor()->FindFieldByName(route.body);
  if (resource == nullptr) return;
  const auto mask = MaskOf(*resource->message_type(), body);
  if (mask.paths().empty()) return;
  reflection->MutableMessage(&request, field)->CopyFrom(mask);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> BuildRequest(
    const Route& route, const RequestParts& parts) {
  std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(route.method->input_type())
          ->New());
  Filler filler;
  Json body = Json::object();
  if (!route.body.empty()) {
    body = BodyOf(parts.body, filler);
    FillBody(route, body, *request, filler);
  } else if (!parts.body.empty()) {
    filler.Note("body", "must be empty");
  }
  FillQueryOf(route, parts.query, *request, filler);
  for (const PathTemplate::Binding& binding : parts.bindings) {
    filler.FillPath(*request, binding);
  }
  FillMask(route, body, *request);
  const absl::Status status = std::move(filler).status();
  if (!status.ok()) return status;
  return request;
}

}  // namespace cvr::native_rest
