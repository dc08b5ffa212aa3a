#include "services/metadata/admin/sorted_page.h"

#include <iterator>

#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/store/key_encoding.h"

namespace cvr {

absl::StatusOr<SortedPage> SortedPage::Of(absl::string_view scope,
                                          OrderBy order, int32_t page_size,
                                          absl::string_view page_token) {
  std::string whole_scope = KeyBuilder()
                                .String(scope)
                                .String(order.field)
                                .Int(order.descending ? 1 : 0)
                                .Build();
  ASSIGN_OR_RETURN(const int size, PageSize(page_size));
  ASSIGN_OR_RETURN(std::string start_after,
                   ParsePageToken(whole_scope, page_token));
  return SortedPage(std::move(whole_scope), std::move(order),
                    static_cast<size_t>(size), std::move(start_after));
}

void SortedPage::Offer(const google::protobuf::Message& resource, int64_t id) {
  std::string key = order_.KeyOf(resource, id);
  if (key <= start_after_) return;
  kept_.emplace(std::move(key), id);
  if (kept_.size() > size_ + 1) kept_.erase(std::prev(kept_.end()));
}

std::vector<int64_t> SortedPage::ids() const {
  std::vector<int64_t> ids;
  for (const auto& [key, id] : kept_) {
    if (ids.size() == size_) break;
    ids.push_back(id);
  }
  return ids;
}

std::string SortedPage::next_page_token() const {
  if (kept_.size() <= size_) return "";
  // The one before the one too many.
  return MakePageToken(scope_, std::prev(kept_.end(), 2)->first);
}

absl::Status RequireGroupOfList(absl::string_view asked) {
  if (!asked.empty()) return absl::OkStatus();
  return errors::FieldInvalid("group", "must be set; `-` means all groups",
                              v1::FIELD_REQUIRED);
}

}  // namespace cvr
