#ifndef SERVICES_METADATA_FORWARDING_FORWARDER_H_
#define SERVICES_METADATA_FORWARDING_FORWARDER_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/rpc/rpc_status.h"

namespace cvr {

// A blob service that the metadata service forwards to.
struct BlobInstance {
  // --blob_addresses: what errors call it.
  std::string address;
  // Kept connected, so that its state tells whether the service is there.
  std::shared_ptr<grpc::Channel> channel;
};

// The context of a call that goes on to a blob service: the caller's access
// token and address, deadline and cancellation.
std::unique_ptr<grpc::ClientContext> ForwardedContext(
    const grpc::ServerContext& context);

// UNAVAILABLE: no --blob_addresses.
absl::Status NoBlobServices();

// Waits until `channel` is connected: one that found nobody a moment ago tries
// again later, and a blob service that has just started would be refused till
// then. Ends after a few seconds, or at the deadline or cancellation of the
// call; the call itself tells then what is wrong.
void AwaitConnection(grpc::Channel& channel,
                     const grpc::ServerContext& context);

// Forwards calls of one gRPC service, such as v1::FetchService, to the blob
// services of the installation. The caller was admitted by a CallGuard here,
// and is admitted again there. Thread-safe.
template <typename Service>
class Forwarder {
 public:
  using Stub = typename Service::Stub;

  explicit Forwarder(const std::vector<BlobInstance>& instances)
      : instances_(instances) {
    for (const BlobInstance& instance : instances) {
      stubs_.push_back(Service::NewStub(instance.channel));
    }
  }

  size_t size() const { return stubs_.size(); }
  Stub& stub(size_t i) { return *stubs_[i]; }
  grpc::Channel& channel(size_t i) const { return *instances_[i].channel; }
  const std::string& address(size_t i) const { return instances_[i].address; }

  // Calls `method` of the i-th instance. An error that is not the instance's
  // own answer names it.
  template <typename Method, typename Request, typename Response>
  absl::Status Call(size_t i, Method method, const grpc::ServerContext& context,
                    const Request& request, Response& response) {
    AwaitConnection(channel(i), context);
    const auto client = ForwardedContext(context);
    const absl::Status status = FromRpcStatus(
        (stubs_[i].get()->*method)(client.get(), request, &response));
    if (WasAnswered(status)) return status;
    return Annotate(status, "blob service " + address(i));
  }

  // Calls one of those that are connected, in turn; any, if none is.
  // Errors: UNAVAILABLE without instances.
  template <typename Method, typename Request, typename Response>
  absl::Status CallAny(Method method, const grpc::ServerContext& context,
                       const Request& request, Response& response) {
    if (stubs_.empty()) return NoBlobServices();
    const size_t start = next_.fetch_add(1, std::memory_order_relaxed);
    size_t chosen = start % stubs_.size();
    for (size_t i = 0; i < stubs_.size(); ++i) {
      const size_t candidate = (start + i) % stubs_.size();
      if (instances_[candidate].channel->GetState(/*try_to_connect=*/true) ==
          GRPC_CHANNEL_READY) {
        chosen = candidate;
        break;
      }
    }
    return Call(chosen, method, context, request, response);
  }

  // Calls all, one after the other, and merges what they answer.
  // Errors: UNAVAILABLE without instances; those of the first that fails.
  template <typename Method, typename Request, typename Response>
  absl::Status CallAll(Method method, const grpc::ServerContext& context,
                       const Request& request, Response& response) {
    if (stubs_.empty()) return NoBlobServices();
    for (size_t i = 0; i < stubs_.size(); ++i) {
      Response one;
      RETURN_IF_ERROR(Call(i, method, context, request, one));
      response.MergeFrom(one);
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<BlobInstance> instances_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  std::atomic<size_t> next_ = 0;
};

// Where a list over several instances goes on: in the list of one of them.
struct InstancePage {
  size_t instance = 0;
  // Its page token.
  std::string token;
};
// Errors: INVALID_ARGUMENT for a token of another list.
absl::StatusOr<InstancePage> ParseInstancePage(absl::string_view scope,
                                               absl::string_view token);
std::string InstancePageToken(absl::string_view scope,
                              const InstancePage& page);

// One page of a list that goes over all instances, one after the other: of
// `page_size` items, or fewer on the last page. `items(response)` is the
// repeated field with the items. Errors: as Forwarder::CallAll(),
// ParseInstancePage() and PageSize().
template <typename Service, typename Method, typename Request,
          typename Response, typename Items>
absl::Status ListAll(Forwarder<Service>& forwarder, Method method,
                     const grpc::ServerContext& context, const Request& request,
                     int page_size, absl::string_view scope, Items&& items,
                     Response& response) {
  if (forwarder.size() == 0) return NoBlobServices();
  ASSIGN_OR_RETURN(InstancePage page,
                   ParseInstancePage(scope, request.page_token()));
  while (page.instance < forwarder.size() &&
         items(response)->size() < page_size) {
    Request next = request;
    next.set_page_size(page_size - items(response)->size());
    next.set_page_token(page.token);
    Response one;
    RETURN_IF_ERROR(forwarder.Call(page.instance, method, context, next, one));
    items(response)->MergeFrom(*items(one));
    page.token = one.next_page_token();
    if (page.token.empty()) ++page.instance;
  }
  if (page.instance < forwarder.size()) {
    response.set_next_page_token(InstancePageToken(scope, page));
  }
  return absl::OkStatus();
}

}  // namespace cvr

#endif  // SERVICES_METADATA_FORWARDING_FORWARDER_H_
