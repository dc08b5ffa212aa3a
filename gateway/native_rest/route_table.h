#ifndef GATEWAY_NATIVE_REST_ROUTE_TABLE_H_
#define GATEWAY_NATIVE_REST_ROUTE_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/native_rest/path_template.h"
#include "google/protobuf/descriptor.h"

namespace cvr::native_rest {

// One way over HTTP to one gRPC method, as its google.api.http option says.
struct Route {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string rpc_path;  // `/cvr.v1.GroupService/GetGroup`.
  std::string http_method;
  PathTemplate path;
  // The field of the request that the body is; `*` = the body is the request;
  // empty = there is no body.
  std::string body;
};

// What can be asked over HTTP: every method of a package that has the option.
// Immutable.
class RouteTable {
 public:
  // Of the services in `files`, which are of the generated pool, those of
  // `package` alone. Errors: INVALID_ARGUMENT for an option that cannot be
  // carried out: a path or body that the request has no field for, a method
  // that streams.
  static absl::StatusOr<RouteTable> Of(
      const std::vector<const google::protobuf::FileDescriptor*>& files,
      absl::string_view package);

  struct Match {
    const Route* route = nullptr;  // Null = none.
    std::vector<PathTemplate::Binding> bindings;
    // What the path can be asked; empty = there is no such path.
    std::vector<std::string> methods;
  };
  // `path` is as in the request line, without a query. HEAD is asked as GET.
  // Where several routes match, the one with the most words counts.
  Match Find(absl::string_view http_method, absl::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  absl::Status Add(const google::protobuf::MethodDescriptor& method);

  // Those with the most words first.
  std::vector<Route> routes_;
};

// The .proto files of cvr.v1 that have services. To name them here links them
// into the program, so that all of them can be asked.
std::vector<const google::protobuf::FileDescriptor*> ApiFiles();

}  // namespace cvr::native_rest

#endif  // GATEWAY_NATIVE_REST_ROUTE_TABLE_H_
