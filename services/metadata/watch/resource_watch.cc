#include "services/metadata/watch/resource_watch.h"

#include <string>
#include <utility>
#include <vector>

#include "services/access/access_policy.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

using Kind = ResourceChange::Kind;

constexpr char kAllGroups[] = "-";
// Writes that are sent between two looks at whether the caller is still there.
constexpr size_t kWritesAtOnce = 64;

bool IsAskedFor(const v1::WatchResourcesRequest& request,
                const std::string& group) {
  return request.group() == kAllGroups || request.group() == group;
}

bool MaySeeBefore(const ResourceChange& change, const Caller& caller) {
  return !change.group.empty() &&
         AccessPolicy::MaySee(caller,
                              {.group = change.group,
                               .registry_ids = change.registry_ids,
                               .is_group = change.kind == Kind::kGroup});
}

v1::WatchResourcesResponse Deleted(const ResourceChange& change) {
  v1::WatchResourcesResponse message;
  message.set_type(v1::WatchResourcesResponse::TYPE_DELETED);
  switch (change.kind) {
    case Kind::kGroup:
      message.mutable_group()->set_name(change.name);
      return message;
    case Kind::kRegistry:
      message.mutable_registry()->set_id(change.id);
      message.mutable_registry()->set_name(change.name);
      message.mutable_registry()->set_group(change.group);
      return message;
    case Kind::kUpstream:
      message.mutable_upstream()->set_id(change.id);
      message.mutable_upstream()->set_name(change.name);
      message.mutable_upstream()->set_group(change.group);
      return message;
  }
  return message;
}

absl::Status Gone() {
  return absl::CancelledError("the caller closed the connection");
}

const std::string& GroupOf(const v1::WatchResourcesResponse& message) {
  if (message.has_registry()) return message.registry().group();
  if (message.has_upstream()) return message.upstream().group();
  return message.group().name();
}

}  // namespace

v1::GetRevisionResponse ResourceWatch::GetRevision() const {
  v1::GetRevisionResponse response;
  response.set_revision(log_.revision());
  return response;
}

absl::Status ResourceWatch::Watch(const v1::WatchResourcesRequest& request,
                                  const Call& call) {
  ASSIGN_OR_RETURN(const Caller caller, call.check());
  ASSIGN_OR_RETURN(const auto place, calls_.Enter(caller.token_id));
  int64_t after =
      request.has_after_revision() ? request.after_revision() : log_.revision();
  const auto is_cancelled = [&] { return call.is_cancelled(); };
  SteadyDeadline bookmark(options_.bookmark_interval);
  while (!log_.signal().stopped()) {
    if (is_cancelled()) return Gone();
    const uint64_t seen = log_.signal().version();
    const int64_t before = after;
    ASSIGN_OR_RETURN(bool has_sent, SendNext(request, call, after));
    if (!has_sent && bookmark.has_passed()) {
      RETURN_IF_ERROR(call.check().status());
      v1::WatchResourcesResponse message;
      message.set_type(v1::WatchResourcesResponse::TYPE_BOOKMARK);
      message.set_revision(after);
      has_sent = call.send(message);
      if (!has_sent) return Gone();
    }
    if (has_sent) bookmark = SteadyDeadline(options_.bookmark_interval);
    if (after == before) log_.signal().Await(seen, bookmark, is_cancelled);
  }
  return errors::ShuttingDown("the metadata service");
}

absl::StatusOr<bool> ResourceWatch::SendNext(
    const v1::WatchResourcesRequest& request, const Call& call,
    int64_t& after) {
  ASSIGN_OR_RETURN(const auto writes, log_.Since(after, kWritesAtOnce));
  if (writes.empty()) return false;
  ASSIGN_OR_RETURN(const Caller caller, call.check());
  bool has_sent = false;
  for (const ResourceChanges& write : writes) {
    for (const ResourceChange& change : write.changes) {
      ASSIGN_OR_RETURN(auto message, MessageFor(change, caller));
      if (!message || !IsAskedFor(request, GroupOf(*message))) continue;
      message->set_revision(write.revision);
      if (!call.send(*message)) return Gone();
      has_sent = true;
    }
    after = write.revision;
  }
  return has_sent;
}

absl::StatusOr<std::optional<v1::WatchResourcesResponse>>
ResourceWatch::MessageFor(const ResourceChange& change,
                          const Caller& caller) const {
  ASSIGN_OR_RETURN(const bool may_see, MaySeeNow(change, caller));
  if (may_see) {
    v1::WatchResourcesResponse message;
    message.set_type(v1::WatchResourcesResponse::TYPE_UPDATED);
    const absl::Status read = Read(change, message);
    if (read.ok()) return message;
    if (!absl::IsNotFound(read)) return read;
  }
  if (!MaySeeBefore(change, caller)) return std::nullopt;
  return Deleted(change);
}

absl::StatusOr<bool> ResourceWatch::MaySeeNow(const ResourceChange& change,
                                              const Caller& caller) const {
  return ReadValue<bool>(
      store_, [&](const ReadTransaction& transaction) -> absl::StatusOr<bool> {
        Visibility visibility(caller, transaction);
        switch (change.kind) {
          case Kind::kGroup: {
            ASSIGN_OR_RETURN(const auto group,
                             tables::FindGroup(transaction, change.name));
            return group && AccessPolicy::MaySee(caller, {.group = change.name,
                                                          .is_group = true});
          }
          case Kind::kRegistry: {
            ASSIGN_OR_RETURN(const auto registry,
                             tables::FindRegistry(transaction, change.id));
            return registry &&
                   visibility.OfRegistry(registry->group(), change.id);
          }
          case Kind::kUpstream: {
            ASSIGN_OR_RETURN(const bool is_there,
                             tables::HasUpstream(transaction, change.id));
            if (!is_there) return false;
            return visibility.OfUpstream(change.id);
          }
        }
        return false;
      });
}

absl::Status ResourceWatch::Read(const ResourceChange& change,
                                 v1::WatchResourcesResponse& message) const {
  switch (change.kind) {
    case Kind::kGroup: {
      ASSIGN_OR_RETURN(*message.mutable_group(), readers_.group(change.name));
      return absl::OkStatus();
    }
    case Kind::kRegistry: {
      ASSIGN_OR_RETURN(*message.mutable_registry(),
                       readers_.registry(change.id));
      return absl::OkStatus();
    }
    case Kind::kUpstream: {
      ASSIGN_OR_RETURN(*message.mutable_upstream(),
                       readers_.upstream(change.id));
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace cvr
