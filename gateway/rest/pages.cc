#include "gateway/rest/pages.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/message/form.h"
#include "services/network/percent_encoding.h"

namespace cvr::rest {
namespace {

constexpr int64_t kPerPageMax = 100;

// The request's URL with another page. Nothing of the query is repeated as it
// was sent.
std::string UrlOfPage(const RestCall& call, const PageWanted& wanted,
                      int64_t page) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(call.request.target, absl::MaxSplits('?', 1));
  std::vector<std::string> query;
  const auto form = Form::Parse(parts.second);
  if (form.ok()) {
    for (const auto& [name, value] : form->pairs()) {
      if (name != "search" && name != "upstream_name") continue;
      query.push_back(
          absl::StrCat(PercentEncode(name), "=", PercentEncode(value)));
    }
  }
  query.push_back(absl::StrCat("page=", page));
  query.push_back(absl::StrCat("per_page=", wanted.per_page));
  return absl::StrCat(call.caller.origin, parts.first, "?",
                      absl::StrJoin(query, "&"));
}

}  // namespace

PageWanted PageOf(const Arguments& arguments) {
  return {arguments.Integer("page"),
          std::min(arguments.Integer("per_page"), kPerPageMax)};
}

void AddPageFields(const RestCall& call, const PageWanted& wanted,
                   int64_t total, HttpFields& fields) {
  const int64_t pages =
      std::max<int64_t>(1, (total + wanted.per_page - 1) / wanted.per_page);
  const bool has_next = wanted.page < pages;
  const bool has_previous = wanted.page > 1;
  fields.Add("X-Total", absl::StrCat(total));
  fields.Add("X-Total-Pages", absl::StrCat(pages));
  fields.Add("X-Page", absl::StrCat(wanted.page));
  fields.Add("X-Per-Page", absl::StrCat(wanted.per_page));
  fields.Add("X-Next-Page", has_next ? absl::StrCat(wanted.page + 1) : "");
  fields.Add("X-Prev-Page", has_previous ? absl::StrCat(wanted.page - 1) : "");
  std::vector<std::string> links;
  const auto add = [&](const char* relation, int64_t page) {
    links.push_back(absl::StrCat("<", UrlOfPage(call, wanted, page),
                                 ">; rel=\"", relation, "\""));
  };
  if (has_previous) add("prev", wanted.page - 1);
  if (has_next) add("next", wanted.page + 1);
  add("first", 1);
  add("last", pages);
  fields.Add("Link", absl::StrJoin(links, ", "));
}

}  // namespace cvr::rest
