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
#include "services/concurrency/memory_budget.h"
#include "services/concurrency/share_ledger.h"
#include "services/upstream/api/upstream_list.h"
#include "services/upstream/http/hop_runner.h"
#include "services/upstream/http/page_buffer.h"
#include "services/upstream/http/url.h"

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

  // Pages were asked for with `n` = `count`. Registries cap them at a number of
  // their own, and some never name the next one. So where no page before has
  // named one, what is after the last item is asked for, until a page brings
  // nothing new, which is left out: once more than there are pages. Only a page
  // that has half of what a list may have is taken for all that there is.
  void set_page_items(size_t count) { page_items_ = count; }

  // Nobody has said that there is the page which TakePage() wants next.
  bool is_guess() const { return is_guess_; }

  // The page, asked for at `asked`, has come. Where the next one is, always at
  // the origin of `asked`, and at its path when the link has a query; nothing
  // after the last.
  // Errors: UNAVAILABLE (reason UPSTREAM_INVALID) for what is no page, a list
  // beyond its bounds or in circles, and a next page that is nowhere, or has no
  // query and is at another origin.
  absl::StatusOr<std::optional<Url>> TakePage(const Url& asked,
                                              const HopAnswer& answer);

  // With the room that it takes.
  UpstreamList Take() && { return std::move(items_); }

 private:
  absl::Status Invalid(absl::string_view detail) const;
  absl::StatusOr<Url> NextPage(const Url& asked,
                               absl::string_view target) const;
  // What to ask for after a page without a link, whose items begin at `begin`.
  std::optional<Url> UnsaidPage(const Url& asked, size_t begin) const;
  // Drops the last page, whose items begin at `begin`, if it is the one before
  // again; of pages of a usual size, if it has nothing that was not there.
  void DropIfRepeated(size_t begin);

  const ReadPage read_;
  const size_t items_max_;
  MemoryBudget* const memory_;  // Or null.
  const ShareKey owner_;
  std::string host_;
  PageBuffer page_;
  size_t bytes_ = 0;             // Of all pages and their addresses.
  std::set<std::string> asked_;  // The pages so far.
  size_t page_items_ = 0;        // 0 = pages without a link are the last.
  size_t page_begin_ = 0;        // Of the last page.
  bool has_links_ = false;       // A page has named the next one.
  bool is_guess_ = false;
  UpstreamList items_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_LIST_ANSWER_H_
