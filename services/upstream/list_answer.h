#ifndef SERVICES_UPSTREAM_LIST_ANSWER_H_
#define SERVICES_UPSTREAM_LIST_ANSWER_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/upstream/hop_runner.h"
#include "services/upstream/url.h"

namespace cvr {

// Gathers a list that comes in pages, up to limits::kTagsMax items,
// kListBytesMax bytes and kListPagesMax pages. Receives one page after the
// other. Not thread-safe.
class ListReceiver : public HopReceiver {
 public:
  // Reads a page; nothing for what is none. See list_page.h.
  using ParsePage =
      std::optional<std::vector<std::string>> (*)(absl::string_view);

  explicit ListReceiver(ParsePage parse) : parse_(parse) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override;
  absl::Status OnBytes(absl::string_view bytes) override;

  // The page, asked for at `asked`, has come. Where the next one is; nothing
  // after the last.
  // Errors: UNAVAILABLE (reason UPSTREAM_INVALID) for what is no page, a list
  // beyond its bounds or in circles, and a next page that is nowhere or at
  // another origin than this one.
  absl::StatusOr<std::optional<Url>> TakePage(const Url& asked,
                                              const HopAnswer& answer);

  std::vector<std::string> Take() && { return std::move(items_); }

 private:
  absl::Status Invalid(absl::string_view detail) const;
  absl::StatusOr<std::optional<Url>> NextPage(const HopAnswer& answer) const;

  const ParsePage parse_;
  std::string host_;
  std::string page_;
  size_t bytes_ = 0;             // Of all pages and their addresses.
  std::set<std::string> asked_;  // The pages so far.
  std::vector<std::string> items_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_LIST_ANSWER_H_
