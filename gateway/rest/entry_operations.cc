#include "gateway/rest/entry_operations.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/pages.h"
#include "gateway/rest/resources.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Stub = v1::CacheEntryService::Stub;

// No path is longer or has quotes, and the text stands between quotes in a
// filter.
bool CanBeInPath(const std::string& text) {
  return text.size() <= limits::kRelativePathBytesMax &&
         text.find_first_of("\"\\") == std::string::npos;
}

absl::StatusOr<RestAnswer> List(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto upstream,
                   GetUpstream(call, call.arguments.Integer("id")));
  const PageWanted wanted = PageOf(call.arguments);
  RestAnswer answer = Answer(Json::array());
  const std::string search = call.arguments.Text("search");
  if (!CanBeInPath(search)) {
    AddPageFields(call, wanted, 0, answer.fields);
    return answer;
  }
  v1::ListCacheEntriesRequest request;
  request.set_upstream_id(upstream.id());
  if (!search.empty()) {
    request.set_filter(absl::StrCat("relative_path : \"", search, "\""));
  }
  request.set_order_by("create_time desc");
  request.set_with_total_size(true);
  request.set_skip(static_cast<int32_t>(wanted.first()));
  request.set_page_size(static_cast<int32_t>(wanted.per_page));
  ASSIGN_OR_RETURN(const auto page, call.Ask(call.services.entries,
                                             &Stub::ListCacheEntries, request));
  for (const auto& entry : page.cache_entries()) {
    answer.body.push_back(CacheEntryJson(entry, upstream.group()));
  }
  AddPageFields(call, wanted, page.total_size(), answer.fields);
  return answer;
}

// The entry that the id in the path names. NOT_FOUND also when it is of another
// group than the id says.
absl::StatusOr<v1::CacheEntry> GetEntry(const RestCall& call) {
  ASSIGN_OR_RETURN(const EntryId id, ParseEntryId(call.arguments.Text("id")));
  v1::GetCacheEntryRequest request;
  request.set_id(id.id);
  ASSIGN_OR_RETURN(auto entry, call.Ask(call.services.entries,
                                        &Stub::GetCacheEntry, request));
  ASSIGN_OR_RETURN(const auto upstream, GetUpstream(call, entry.upstream_id()));
  if (upstream.group() == id.group) return entry;
  return absl::NotFoundError("belongs to another group");
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto entry, GetEntry(call));
  RETURN_IF_ERROR(CheckUnmodified(call, entry.update_time()));
  v1::DeleteCacheEntryRequest request;
  request.set_id(entry.id());
  request.set_allow_missing(true);
  RETURN_IF_ERROR(
      call.Ask(call.services.entries, &Stub::DeleteCacheEntry, request)
          .status());
  return NoContent();
}

}  // namespace

RestHandlers EntryOperations() {
  return {{"listCacheEntries", List}, {"deleteCacheEntry", Delete}};
}

}  // namespace cvr::rest
