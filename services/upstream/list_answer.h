#ifndef SERVICES_UPSTREAM_LIST_ANSWER_H_
#define SERVICES_UPSTREAM_LIST_ANSWER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/memory_budget.h"
#include "services/common/share_ledger.h"
#include "services/upstream/hop_runner.h"
#include "services/upstream/page_buffer.h"
#include "services/upstream/upstream_list.h"
#include "services/upstream/url.h"

namespace cvr {

// Gathers a list that comes in pages, up to `items_max` items, kListBytesMax
// bytes and kListPagesMax pages. Receives one page after the other. Not
// thread-safe.
class ListReceiver : public HopReceiver {
 public:
  // Adds what is on a page; false for what is none. See list_page.h.
  using ReadPage = bool (*)(std::istream&, UpstreamList&);

  // Long lists take room in `memory`, in the shares of `owner`; null = they
  // take what they need.
  ListReceiver(ReadPage read, size_t items_max, MemoryBudget* memory,
               ShareKey owner)
      : read_(read),
        items_max_(items_max),
        memory_(memory),
        owner_(std::move(owner)),
        items_(items_max) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override;
  absl::Status OnBytes(absl::string_view bytes) override;

  // The page, asked for at `asked`, has come. Where the next one is; nothing
  // after the last.
  // Errors: UNAVAILABLE (reason UPSTREAM_INVALID) for what is no page, a list
  // beyond its bounds or in circles, and a next page that is nowhere or at
  // another origin than this one.
  absl::StatusOr<std::optional<Url>> TakePage(const Url& asked,
                                              const HopAnswer& answer);

  // With the room that it takes.
  UpstreamList Take() && { return std::move(items_); }

 private:
  absl::Status Invalid(absl::string_view detail) const;
  absl::StatusOr<std::optional<Url>> NextPage(const HopAnswer& answer) const;

  const ReadPage read_;
  const size_t items_max_;
  MemoryBudget* const memory_;  // Or null.
  const ShareKey owner_;
  std::string host_;
  PageBuffer page_;
  size_t bytes_ = 0;             // Of all pages and their addresses.
  std::set<std::string> asked_;  // The pages so far.
  UpstreamList items_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_LIST_ANSWER_H_
