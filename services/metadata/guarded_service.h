#ifndef SERVICES_METADATA_GUARDED_SERVICE_H_
#define SERVICES_METADATA_GUARDED_SERVICE_H_

#include <functional>
#include <type_traits>

#include "grpcpp/grpcpp.h"
#include "services/access/caller.h"
#include "services/rpc/call_guard.h"

namespace cvr {

// A gRPC service of administration, `Base`, whose calls are answered by methods
// of an `Object` of the domain. It exists so that no service can answer a call
// that has not gone through the guard.
template <typename Base, typename Object>
class GuardedService : public Base {
 public:
  // Both must outlive it.
  GuardedService(Object& object, CallGuard& guard)
      : object_(object), guard_(guard) {}

 protected:
  // Answers the call with what `method` of the object answers, if the guard
  // admits the caller. The method gets the request and the caller, the request
  // alone, or nothing, and returns a Status, or a StatusOr of the response.
  template <typename Method, typename Request, typename Response>
  grpc::Status Forward(Method method, grpc::ServerContext* context,
                       const Request* request, Response* response) {
    return ForwardTo(object_, method, context, request, response);
  }

  // The same with a method of another object.
  template <typename Other, typename Method, typename Request,
            typename Response>
  grpc::Status ForwardTo(Other& object, Method method,
                         grpc::ServerContext* context, const Request* request,
                         Response* response) {
    return guard_.Answer(
        *context, *request, response,
        [&]([[maybe_unused]] const Caller& caller) {
          if constexpr (std::is_invocable_v<Method, Other&, const Request&,
                                            const Caller&>) {
            return std::invoke(method, object, *request, caller);
          } else if constexpr (std::is_invocable_v<Method, Other&,
                                                   const Request&>) {
            return std::invoke(method, object, *request);
          } else {
            return std::invoke(method, object);
          }
        });
  }

 private:
  Object& object_;
  CallGuard& guard_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_GUARDED_SERVICE_H_
