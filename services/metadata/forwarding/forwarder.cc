#include "services/metadata/forwarding/forwarder.h"

#include <chrono>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/concurrency/clock.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"
#include "services/rpc/call_guard.h"
#include "services/rpc/credentials/call_gate.h"

namespace cvr {
namespace {

// A channel that is kept connected (channel_keeper.h) tries again within a
// second.
constexpr absl::Duration kConnectionPatience = absl::Seconds(2);
// How often a waiting call looks for its cancellation.
constexpr auto kCancellationInterval = std::chrono::milliseconds(100);

}  // namespace

std::unique_ptr<grpc::ClientContext> ForwardedContext(
    const grpc::ServerContext& context) {
  auto client = grpc::ClientContext::FromServerContext(context);
  client->AddMetadata("authorization",
                      absl::StrCat("Bearer ", TokenOfCall(context)));
  client->AddMetadata(kClientField, PeerOfCall(context));
  return client;
}

absl::Status NoBlobServices() {
  return absl::UnavailableError(
      "this metadata service forwards to no blob service: start it with "
      "--blob_addresses, or call a blob service itself");
}

void AwaitConnection(grpc::Channel& channel,
                     const grpc::ServerContext& context) {
  const SteadyDeadline patience(kConnectionPatience);
  // A call whose deadline has passed is cancelled.
  while (!context.IsCancelled() && !patience.has_passed()) {
    const grpc_connectivity_state state =
        channel.GetState(/*try_to_connect=*/true);
    // A channel within the process has no connection and no other state.
    if (state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_SHUTDOWN) return;
    channel.WaitForStateChange(
        state, std::chrono::system_clock::now() + kCancellationInterval);
  }
}

absl::StatusOr<InstancePage> ParseInstancePage(absl::string_view scope,
                                               absl::string_view token) {
  ASSIGN_OR_RETURN(const std::string key, ParsePageToken(scope, token));
  InstancePage page;
  if (key.empty()) return page;
  int64_t instance = 0;
  absl::string_view rest;
  KeyReader reader(key);
  if (!reader.Int(instance) || !reader.Rest(rest)) {
    return errors::FieldInvalid("page_token", "is not a token of this list",
                                v1::PAGE_TOKEN_INVALID);
  }
  page.instance = static_cast<size_t>(instance);
  page.token = std::string(rest);
  return page;
}

std::string InstancePageToken(absl::string_view scope,
                              const InstancePage& page) {
  return MakePageToken(
      scope, absl::string_view(KeyBuilder()
                                   .Int(static_cast<int64_t>(page.instance))
                                   .Rest(page.token)
                                   .Build()));
}

}  // namespace cvr
