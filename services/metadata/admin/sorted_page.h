#ifndef SERVICES_METADATA_ADMIN_SORTED_PAGE_H_
#define SERVICES_METADATA_ADMIN_SORTED_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "services/metadata/resources/order_by.h"

namespace cvr {

// Chooses the page of a list: everything that the list has is offered, in any
// order, and it keeps what belongs to the page. So a page costs a look at all
// resources, of which administrators make a few thousand, and holds the keys of
// one page. Not thread-safe.
class SortedPage {
 public:
  // `scope` stands for the list and all that it is filtered by; the order is
  // added to it. Errors: INVALID_ARGUMENT for a `page_size` that is negative,
  // and a `page_token` of another list or order.
  static absl::StatusOr<SortedPage> Of(absl::string_view scope, OrderBy order,
                                       int32_t page_size,
                                       absl::string_view page_token);

  // A resource of the list, with the fields that the order may name.
  void Offer(const google::protobuf::Message& resource, int64_t id);

  // The ids of the page in the order of the list.
  std::vector<int64_t> ids() const;
  // Empty on the last page.
  std::string next_page_token() const;

 private:
  SortedPage(std::string scope, OrderBy order, size_t size,
             std::string start_after)
      : scope_(std::move(scope)),
        order_(std::move(order)),
        size_(size),
        start_after_(std::move(start_after)) {}

  const std::string scope_;
  const OrderBy order_;
  const size_t size_;
  const std::string start_after_;
  // By OrderBy::KeyOf(): those of the page, and one more if there is one.
  std::map<std::string, int64_t> kept_;
};

// The group of a list request that means all groups.
inline constexpr absl::string_view kEveryGroup = "-";

// Whether `group` is what a list request asks for with `asked`.
inline bool IsAskedFor(absl::string_view asked, absl::string_view group) {
  return asked == kEveryGroup || asked == group;
}

// INVALID_ARGUMENT when a list request names no group.
absl::Status RequireGroupOfList(absl::string_view asked);

}  // namespace cvr

#endif  // SERVICES_METADATA_ADMIN_SORTED_PAGE_H_
