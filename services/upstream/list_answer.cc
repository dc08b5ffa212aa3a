#include "services/upstream/list_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/upstream/http_fields.h"
#include "services/upstream/link_header.h"

namespace cvr {
namespace {

// Where the next page is said to be; empty when there is none.
std::string NextTarget(const HttpFieldList& fields) {
  for (const absl::string_view value : fields.GetAll("Link")) {
    for (const Link& link : ParseLinks(value)) {
      const auto& relations = link.relations;
      if (std::find(relations.begin(), relations.end(), "next") !=
          relations.end()) {
        return link.target;
      }
    }
  }
  return "";
}

}  // namespace

absl::Status ListReceiver::Invalid(absl::string_view detail) const {
  return errors::UpstreamInvalid(host_, absl::StrCat("a list ", detail));
}

absl::Status ListReceiver::OnHead(const Url& url, const HttpHead& head) {
  host_ = url.host_and_port();
  page_.Clear();
  const absl::string_view encoding = head.fields.Get("Content-Encoding");
  if (!encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
    return Invalid("that is encoded");
  }
  return absl::OkStatus();
}

absl::Status ListReceiver::OnBytes(absl::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > limits::kListBytesMax) return Invalid("of too many bytes");
  if (bytes_ > limits::kSmallListBytes && memory_ != nullptr &&
      items_.room() == nullptr) {
    ASSIGN_OR_RETURN(auto room, memory_->Take(owner_, limits::kListRoomBytes));
    items_.set_room(std::move(room));
  }
  page_.Append(bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Url>> ListReceiver::TakePage(
    const Url& asked, const HopAnswer& answer) {
  std::istream page(&page_);
  const bool is_page = read_(page, items_);
  page_.Clear();
  if (!is_page) {
    return Invalid(items_.size() == items_max_ ? "of too many items"
                                               : "that cannot be read");
  }
  asked_.insert(asked.text());
  bytes_ += asked.text().size();
  ASSIGN_OR_RETURN(std::optional<Url> next, NextPage(answer));
  if (!next) return next;
  if (asked_.count(next->text()) > 0) return Invalid("that goes in circles");
  if (asked_.size() >= limits::kListPagesMax) return Invalid("without an end");
  return next;
}

absl::StatusOr<std::optional<Url>> ListReceiver::NextPage(
    const HopAnswer& answer) const {
  const std::string target = NextTarget(answer.head.fields);
  if (target.empty()) return std::nullopt;
  const absl::StatusOr<Url> next = answer.url.Resolve(target);
  if (!next.ok()) return Invalid("whose next page is nowhere");
  if (!next->SameOrigin(answer.url)) {
    return Invalid(
        absl::StrCat("whose next page is at ", next->host_and_port()));
  }
  return *next;
}

}  // namespace cvr
