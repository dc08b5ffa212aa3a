#ifndef TOOLS_CVR_CLIENT_SERVER_CONNECTION_H_
#define TOOLS_CVR_CLIENT_SERVER_CONNECTION_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "grpcpp/grpcpp.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/client/interrupt.h"

namespace cvr {

// The server that is administered, by cvr-standalone or cvr-metadata, which
// forwards what the blob services know. Thread-safe.
class ServerConnection {
 public:
  // `address` is host:port or unix:PATH. Connects at the first call; every call
  // gives up after `timeout`, and shows the access token `token` unless it is
  // empty.
  ServerConnection(std::string address, absl::Duration timeout,
                   std::shared_ptr<grpc::ChannelCredentials> credentials,
                   std::string token = "");

  // Calls `method` of a generated stub. Errors: the server's own, with their
  // attachments; UNAVAILABLE, DEADLINE_EXCEEDED and UNIMPLEMENTED say which
  // server it was, UNAUTHENTICATED how to give a token.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
    ShowToken(context);
    Stub stub(channel_);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return Explained(FromRpcStatus(status));
    return response;
  }

  // Calls the list method `method` until its last page, or until there are
  // `max` items. `items` is the accessor of a page's items. Errors: as Call().
  template <typename Stub, typename Request, typename Page, typename Item>
  absl::StatusOr<std::vector<Item>> List(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Page*),
      const google::protobuf::RepeatedPtrField<Item>& (Page::*items)() const,
      Request request, size_t max = std::numeric_limits<size_t>::max()) {
    std::vector<Item> all;
    do {
      request.set_page_size(
          static_cast<int>(std::min(kPageSize, max - all.size())));
      absl::StatusOr<Page> page = Call(method, request);
      if (!page.ok()) return std::move(page).status();
      const auto& some = ((*page).*items)();
      all.insert(all.end(), some.begin(), some.end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty() && all.size() < max);
    return all;
  }

  // Calls the streaming `method` and shows each message to `visit`, for as long
  // as the stream lasts or until the user has enough (Ctrl-C), which is no
  // error. Errors: as Call(), but there is no time limit.
  template <typename Stub, typename Request, typename Message>
  absl::Status Watch(std::unique_ptr<grpc::ClientReader<Message>> (
                         Stub::*method)(grpc::ClientContext*, const Request&),
                     const Request& request,
                     absl::FunctionRef<void(const Message&)> visit) {
    grpc::ClientContext context;
    ShowToken(context);
    InterruptWatch interrupt([&context] { context.TryCancel(); });
    Stub stub(channel_);
    const auto reader = (stub.*method)(&context, request);
    Message message;
    while (reader->Read(&message)) visit(message);
    const grpc::Status status = reader->Finish();
    if (status.ok() || interrupt.interrupted()) return absl::OkStatus();
    return Explained(FromRpcStatus(status));
  }

 private:
  static constexpr size_t kPageSize = 1000;

  void ShowToken(grpc::ClientContext& context) const;
  absl::Status Explained(const absl::Status& status) const;

  const std::string address_;
  const absl::Duration timeout_;
  const std::string token_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_SERVER_CONNECTION_H_
