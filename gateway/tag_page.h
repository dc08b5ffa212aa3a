#ifndef GATEWAY_TAG_PAGE_H_
#define GATEWAY_TAG_PAGE_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/query.h"

// One page of a list of tags. Both pure.
namespace cvr {

// Lexical order as the distribution-spec means it: by letters, whatever their
// case; tags that differ in case alone have the order of their bytes.
bool TagPrecedes(absl::string_view a, absl::string_view b);

// Takes tags in any order and keeps those of one page, so what it holds is
// bounded by the page, not by the list.
class TagPage {
 public:
  explicit TagPage(PageRequest request) : request_(std::move(request)) {}

  // Each tag once.
  void Add(absl::string_view tag);

  // The page in order. The page must not be used any more.
  std::vector<std::string> Take() &&;

  // Whether the list goes on after the page. Never so after an empty page.
  bool has_more() const { return has_more_; }

 private:
  const PageRequest request_;
  // A heap, the last of the page on top, when the page is bounded.
  std::vector<std::string> tags_;
  bool has_more_ = false;
};

// Adds all tags of `document`, `{"tags":["a","b"]}`, to `page`. Errors:
// INTERNAL for a document of another form, or one that breaks off.
absl::Status ReadTags(std::istream& document, TagPage& page);

}  // namespace cvr

#endif  // GATEWAY_TAG_PAGE_H_
