#include "services/upstream/list_answer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/upstream/http/http_fields.h"
#include "services/upstream/http/link_header.h"

namespace cvr {
namespace {

// Where the next page is said to be; empty when there is none.
std::string NextTarget(const HttpFields& fields) {
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
  return errors::UpstreamInvalid(host_, absl::StrCat("invalid list: ", detail));
}

absl::Status ListReceiver::OnHead(const Url& url, const HttpHead& head) {
  host_ = url.host_and_port();
  page_.Clear();
  const absl::string_view encoding = head.fields.First("Content-Encoding");
  if (!encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
    return Invalid("unsupported Content-Encoding");
  }
  return absl::OkStatus();
}

absl::Status ListReceiver::OnBytes(absl::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > limits::kListBytesMax)
    return Invalid("larger than the maximum size");
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
  const size_t begin = items_.size();
  std::istream page(&page_);
  const bool is_page = read_(page, items_);
  page_.Clear();
  if (!is_page) {
    return Invalid(items_.size() == items_max_ ? "more entries than the maximum"
                                               : "malformed JSON");
  }
  asked_.insert(asked.text());
  bytes_ += asked.text().size();
  if (is_guess_) DropIfRepeated(begin);
  const std::string target = NextTarget(answer.head.fields);
  std::optional<Url> next;
  if (!target.empty()) {
    ASSIGN_OR_RETURN(next, NextPage(asked, target));
    if (asked_.count(next->text()) > 0)
      return Invalid(
          "pagination loop: a Link header points to an earlier page");
    has_links_ = true;
  } else {
    next = UnsaidPage(asked, begin);
  }
  page_begin_ = begin;
  is_guess_ = target.empty() && next.has_value();
  if (next && asked_.size() >= limits::kListPagesMax) {
    return Invalid("more pages than the maximum");
  }
  return next;
}

// The host and the path may be those of a proxy or of what is behind it. What
// the link tells is its query.
absl::StatusOr<Url> ListReceiver::NextPage(const Url& asked,
                                           absl::string_view target) const {
  const size_t query = target.find('?');
  if (query == absl::string_view::npos) {
    const absl::StatusOr<Url> next = asked.Resolve(target);
    if (next.ok() && next->SameOrigin(asked)) return *next;
    return Invalid("the Link header points to another host or has no query");
  }
  const auto next =
      asked.Resolve(target.substr(query, target.find('#') - query));
  if (!next.ok()) return Invalid("invalid URL in the Link header");
  return *next;
}

// Registries that do not know `last` give the same page again.
void ListReceiver::DropIfRepeated(size_t begin) {
  const auto& texts = items_.texts();
  const auto before =
      absl::MakeConstSpan(texts).subspan(page_begin_, begin - page_begin_);
  const auto page = absl::MakeConstSpan(texts).subspan(begin);
  bool is_repeated = page == before;
  if (!is_repeated && before.size() <= page_items_) {
    const absl::flat_hash_set<absl::string_view> known(before.begin(),
                                                       before.end());
    is_repeated = absl::c_all_of(page, [&](const absl::string_view text) {
      return known.contains(text);
    });
  }
  if (!is_repeated) return;
  size_t at = 0;
  items_.Drop([&](absl::string_view) { return at++ >= begin; });
}

std::optional<Url> ListReceiver::UnsaidPage(const Url& asked,
                                            size_t begin) const {
  const auto& texts = items_.texts();
  const size_t count = texts.size() - begin;
  if (page_items_ == 0 || count == 0) return std::nullopt;
  // Who names next pages would have named this one, unless it forgot.
  if (has_links_ && count != page_items_) return std::nullopt;
  // The same page once more must be within the bounds.
  const bool has_room =
      bytes_ <= limits::kListBytesMax / 2 && texts.size() <= items_max_ / 2;
  if (count > page_items_ && !has_room) return std::nullopt;
  const absl::StatusOr<Url> first = asked.WithPath(asked.path());
  if (!first.ok()) return std::nullopt;
  Url next = first->WithParameter("n", absl::StrCat(page_items_))
                 .WithParameter("last", texts.back());
  if (asked_.count(next.text()) > 0) return std::nullopt;
  return next;
}

}  // namespace cvr
