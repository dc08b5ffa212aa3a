// Lists of tags from upstreams that send them in the oddest ways.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "tests/faults/several_upstreams.h"

namespace cvr::testing {
namespace {

constexpr int kTags = 100'000;
constexpr int kPages = 5;
constexpr int kTagsOnAPage = kTags / kPages;

std::string TagNamed(int number) { return absl::StrFormat("t%06d", number); }

std::vector<std::string> AllTags() {
  std::vector<std::string> tags;
  for (int i = 0; i < kTags; ++i) tags.push_back(TagNamed(i));
  return tags;
}

std::string ListOf(const std::vector<std::string>& tags) {
  return nlohmann::json{{"name", "library/app"}, {"tags", tags}}.dump();
}

class TagsTest : public SeveralUpstreams {
 protected:
  // Answers those who ask for the list with `marker` in the query.
  static void AnswerList(Source& source, const std::string& marker,
                         const std::string& link,
                         const std::vector<std::string>& tags) {
    std::vector<HttpHeader> headers = {{"Content-Type", "application/json"}};
    if (!link.empty()) headers.push_back({"Link", link});
    source.fake().Answer({"GET", absl::StrCat("/tags/list", marker)},
                         FakeAnswer::Status(200, headers, ListOf(tags)),
                         FakeRegistry::kAlways);
  }

  // Five pages, backwards, each with one tag of the next; every `Link` is
  // written in another way.
  static void AnswerManyTags(Source& source) {
    const std::string list = "/v2/library/app/tags/list";
    const std::vector<std::string> links = {
        absl::StrCat("<", list, R"(?page=1>; rel="next")"),
        "<list?page=2>;rel=next",
        absl::StrCat("<", source.fake().url(), list,
                     R"(?page=3>; title="a, b"; rel="next")"),
        absl::StrCat("<", list, R"(?page=0>; rel="prev", <)", list,
                     R"(?page=4>; rel="next")"),
        ""};
    for (int page = kPages - 1; page >= 0; --page) {
      std::vector<std::string> tags;
      const int end = kTags - page * kTagsOnAPage;
      for (int i = end - 1; i >= end - kTagsOnAPage; --i) {
        tags.push_back(TagNamed(i));
      }
      if (page + 1 < kPages) tags.push_back(TagNamed(end - kTagsOnAPage - 1));
      const std::string marker = page == 0 ? "" : absl::StrCat("?page=", page);
      AnswerList(source, marker, links[page], tags);
    }
  }

  HttpResponse GetTags(const std::string& query = "") const {
    return Get(absl::StrCat("library/app/tags/list", query));
  }
  static std::vector<std::string> TagsIn(const HttpResponse& response) {
    const auto body = nlohmann::json::parse(response.body, nullptr, false);
    if (response.status != 200 || !body.is_object()) {
      ADD_FAILURE() << response.status << " " << response.body.substr(0, 300);
      return {};
    }
    // As the client names it.
    EXPECT_THAT(body.value("name", ""), ::testing::EndsWith("/library/app"));
    return body.value("tags", std::vector<std::string>());
  }
};

TEST_F(TagsTest, AHundredThousandTagsComeSortedAndOnce) {
  const auto upstream = Add();
  AnswerManyTags(*upstream);
  EXPECT_TRUE(TagsIn(GetTags()) == AllTags());
  EXPECT_EQ(upstream->fake().CountRequests({"GET", "/tags/list"}), kPages);
}

TEST_F(TagsTest, PagesOfAClientsOwnSizeLeadToTheEnd) {
  const auto upstream = Add();
  AnswerManyTags(*upstream);
  std::vector<std::string> tags;
  std::string query = "?n=30000";
  while (!query.empty()) {
    const HttpResponse response = GetTags(query);
    for (const std::string& tag : TagsIn(response)) tags.push_back(tag);
    const std::string link = response.header("link");
    const size_t begin = link.find('?');
    query = link.empty() ? "" : link.substr(begin, link.find('>') - begin);
    ASSERT_LE(tags.size(), kTags);
  }
  EXPECT_TRUE(tags == AllTags());
}

TEST_F(TagsTest, ListsOfAllUpstreamsAreOne) {
  const auto high = Add();
  const auto low = Add();
  AnswerList(*high, "", "", {"b", "a"});
  AnswerList(*low, "", "", {"c", "b"});
  EXPECT_EQ(absl::StrJoin(TagsIn(GetTags()), " "), "a b c");
}

TEST_F(TagsTest, PagesOnOtherHostsAreNotAskedFor) {
  const auto upstream = Add();
  FakeRegistry elsewhere;
  AnswerList(*upstream, "",
             absl::StrCat("<http://localhost:", elsewhere.port(),
                          "/v2/library/app/tags/list?page=1>; rel=\"next\""),
             {"a"});
  GetTags();
  EXPECT_EQ(elsewhere.CountRequests({}), 0);
}

TEST_F(TagsTest, ListsThatGoRoundInCirclesEnd) {
  const auto upstream = Add();
  AnswerList(*upstream, "", "<list?page=1>; rel=\"next\"", {"a"});
  const HttpResponse response = GetTags();
  EXPECT_NE(response.status, 0);
  EXPECT_NE(response.status, 401);
  EXPECT_LE(upstream->requests(), 3);
}

TEST_F(TagsTest, TheLastListIsServedWithAWarningWhileTheUpstreamIsDown) {
  v1::Upstream settings;
  settings.mutable_cache_policy()->mutable_tag_list_ttl();  // Always asked for.
  const auto upstream = Add(settings);
  AnswerList(*upstream, "", "", {"a", "b"});
  EXPECT_EQ(absl::StrJoin(TagsIn(GetTags()), " "), "a b");
  upstream->Unplug();
  const HttpResponse response = GetTags();
  EXPECT_EQ(absl::StrJoin(TagsIn(response), " "), "a b");
  EXPECT_EQ(response.header("warning").substr(0, 3), "299");
}

TEST_F(TagsTest, WhatNoUpstreamKnowsIsUnknown) {
  const auto upstream = Add();
  ExpectError(GetTags(), 404, "NAME_UNKNOWN");
}

TEST_F(TagsTest, AListThatIsNoneIsAnError) {
  const auto upstream = Add();
  for (const char* const body :
       {"<html></html>", "{\"tags\":[", "[]", "{\"tags\":{}}"}) {
    SCOPED_TRACE(body);
    upstream->fake().ClearAnswers();
    upstream->fake().Answer({"GET", "/tags/list"},
                            FakeAnswer::Status(200, {}, body),
                            FakeRegistry::kAlways);
    const HttpResponse response = GetTags();
    EXPECT_GE(response.status, 500) << response.body;
    EXPECT_NE(response.header("retry-after"), "");
  }
}

}  // namespace
}  // namespace cvr::testing
