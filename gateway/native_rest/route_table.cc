#include "gateway/native_rest/route_table.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/annotations.pb.h"
#include "google/api/http.pb.h"
#include "services/common/status_macros.h"

namespace cvr::native_rest {
namespace {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kWholeRequest[] = "*";

absl::Status Wrong(const MethodDescriptor& method, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(method.full_name(), ": ", what));
}

// The field at `a.b` of a message; null when there is none, or one on the way
// is not a single message.
const FieldDescriptor* FieldAt(const Descriptor* message,
                               absl::string_view path) {
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    if (message == nullptr) return nullptr;
    field = message->FindFieldByName(std::string(name));
    if (field == nullptr || field->is_repeated()) return nullptr;
    message = field->message_type();
  }
  return field;
}

std::pair<std::string, std::string> MethodAndPath(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return {"GET", rule.get()};
    case HttpRule::kPut:
      return {"PUT", rule.put()};
    case HttpRule::kPost:
      return {"POST", rule.post()};
    case HttpRule::kDelete:
      return {"DELETE", rule.delete_()};
    case HttpRule::kPatch:
      return {"PATCH", rule.patch()};
    default:
      return {};
  }
}

absl::StatusOr<Route> RouteOf(const MethodDescriptor& method,
                              const HttpRule& rule) {
  auto [http_method, path] = MethodAndPath(rule);
  if (http_method.empty()) return Wrong(method, "unknown HTTP method");
  if (method.client_streaming() || method.server_streaming()) {
    return Wrong(method, "streams");
  }
  if (!rule.response_body().empty()) return Wrong(method, "response_body");
  Route route;
  route.method = &method;
  route.rpc_path =
      absl::StrCat("/", method.service()->full_name(), "/", method.name());
  route.http_method = std::move(http_method);
  route.body = rule.body();
  ASSIGN_OR_RETURN(route.path, PathTemplate::Parse(path));
  for (const std::string& name : route.path.fields()) {
    const FieldDescriptor* const field = FieldAt(method.input_type(), name);
    if (field == nullptr || field->message_type() != nullptr) {
      return Wrong(method, absl::StrCat("no field for the path: ", name));
    }
  }
  if (route.body.empty() || route.body == kWholeRequest) return route;
  const FieldDescriptor* const body =
      method.input_type()->FindFieldByName(route.body);
  if (body == nullptr || body->is_repeated() ||
      body->message_type() == nullptr) {
    return Wrong(method, absl::StrCat("no message for the body: ", route.body));
  }
  return route;
}

}  // namespace

absl::StatusOr<RouteTable> RouteTable::Of(
    const std::vector<const google::protobuf::FileDescriptor*>& files,
    absl::string_view package) {
  RouteTable table;
  for (const auto* const file : files) {
    if (file->package() != package) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        RETURN_IF_ERROR(table.Add(*file->service(i)->method(j)));
      }
    }
  }
  absl::c_stable_sort(table.routes_, [](const Route& a, const Route& b) {
    return a.path.word_count() > b.path.word_count();
  });
  return table;
}

absl::Status RouteTable::Add(const MethodDescriptor& method) {
  if (!method.options().HasExtension(google::api::http)) {
    return absl::OkStatus();
  }
  const HttpRule& rule = method.options().GetExtension(google::api::http);
  ASSIGN_OR_RETURN(Route route, RouteOf(method, rule));
  routes_.push_back(std::move(route));
  for (const HttpRule& more : rule.additional_bindings()) {
    ASSIGN_OR_RETURN(Route other, RouteOf(method, more));
    routes_.push_back(std::move(other));
  }
  return absl::OkStatus();
}

RouteTable::Match RouteTable::Find(absl::string_view http_method,
                                   absl::string_view path) const {
  Match match;
  const auto parsed = RequestPath::Parse(path);
  if (!parsed) return match;
  if (http_method == "HEAD") http_method = "GET";
  for (const Route& route : routes_) {
    auto bindings = route.path.Match(*parsed);
    if (!bindings) continue;
    if (!absl::c_linear_search(match.methods, route.http_method)) {
      match.methods.push_back(route.http_method);
    }
    if (match.route != nullptr || route.http_method != http_method) continue;
    match.route = &route;
    match.bindings = *std::move(bindings);
  }
  absl::c_sort(match.methods);
  return match;
}

}  // namespace cvr::native_rest
