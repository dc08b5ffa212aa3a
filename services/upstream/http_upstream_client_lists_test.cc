// Lists: how they are asked for, their pages, and what may be wrong with them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/mutex.h"
#include "services/upstream/http/answer_observer.h"
#include "services/upstream/http_upstream_client_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/upstream_list_texts.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using testing::FakeAnswer;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;
using testing::StatusIs;

class HttpUpstreamClientListsTest : public HttpUpstreamClientFixture {
 protected:
  absl::StatusOr<std::vector<std::string>> Tags() {
    return testing::TextsOf(client_->ListTags(access_, repository_));
  }
  absl::StatusOr<std::vector<std::string>> Referrers() {
    return testing::DescriptorsOf(
        client_->ListReferrers(access_, repository_, subject_));
  }
  // The next request gets a page of tags, with that Link.
  void AnswerPage(const std::string& tags, const std::string& link = "") {
    std::vector<testing::HttpHeader> headers = {
        {"Content-Type", "application/json"}};
    if (!link.empty()) headers.push_back({"Link", link});
    registry_.Answer(
        {}, FakeAnswer::Status(200, headers,
                               absl::StrCat(R"({"tags":[)", tags, "]}")));
  }
  std::vector<std::string> Targets() const {
    std::vector<std::string> targets;
    for (const auto& request : registry_.requests()) {
      targets.push_back(request.target);
    }
    return targets;
  }

  const Digest subject_ = Digest::OfBytes(kManifest);
};

TEST_F(HttpUpstreamClientListsTest, PagesAreLargeAndFollowed) {
  AnswerPage(R"("c","a")", "</v2/a/b/tags/list?last=a&n=1000>; rel=\"next\"");
  AnswerPage(R"("b")",
             absl::StrCat("<", registry_.url(), "/v2/other?x=%2F>; rel=next"));
  AnswerPage("", "<tags/list>; rel=prev");
  EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("c", "a", "b")));
  EXPECT_THAT(Targets(), ElementsAre("/v2/a/b/tags/list?n=1000",
                                     "/v2/a/b/tags/list?last=a&n=1000",
                                     "/v2/a/b/tags/list?x=%2F"));
}

TEST_F(HttpUpstreamClientListsTest, LinksMayBeOdd) {
  const std::string next = "/v2/a/b/tags/list?last=x";
  for (const std::string& link :
       {absl::StrCat(next, "; rel=\"next\""),
        absl::StrCat("<", next, ">;rel=NEXT"),
        absl::StrCat("</first>; rel=\"first\", <", next,
                     ">; rel=\"next last\""),
        absl::StrCat("<?last=x>; title=\"a,b;c\"; rel=next")}) {
    registry_.ClearRequests();
    AnswerPage(R"("a")", link);
    AnswerPage(R"("b")");
    EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("a", "b"))) << link;
    EXPECT_EQ(Targets().back(), next) << link;
  }
}

TEST_F(HttpUpstreamClientListsTest, OtherOriginsAreNotAsked) {
  for (const std::string& link :
       {absl::StrCat("<", elsewhere_.url(), "/v2/a/b/tags/list>; rel=next"),
        absl::StrCat("<//localhost:", registry_.port(), "/x>; rel=next"),
        absl::StrCat("<https://127.0.0.1:", registry_.port(), ">; rel=next"),
        std::string("<file:///etc/passwd>; rel=next")}) {
    registry_.ClearRequests();
    AnswerPage(R"("a")", link);
    EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                                 Reason::kUpstreamInvalid))
        << link;
    EXPECT_EQ(registry_.requests().size(), 1);
  }
  EXPECT_THAT(elsewhere_.requests(), IsEmpty());
}

TEST_F(HttpUpstreamClientListsTest, OnlyTheQueryOfALinkCounts) {
  for (const std::string& link :
       {absl::StrCat("<", elsewhere_.url(), "/else?last=a%2Fb>; rel=Next"),
        std::string("<https://registry.invalid/x/y?last=a%2Fb>; rel=next"),
        std::string("</internal/list?last=a%2Fb>; REL=\"next\""),
        std::string("<?last=a%2Fb>; rel=next")}) {
    registry_.ClearRequests();
    AnswerPage(R"("a")", link);
    AnswerPage(R"("b")");
    EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("a", "b"))) << link;
    EXPECT_EQ(Targets().back(), "/v2/a/b/tags/list?last=a%2Fb") << link;
  }
  EXPECT_THAT(elsewhere_.requests(), IsEmpty());
}

// Registries cap pages at numbers of their own.
TEST_F(HttpUpstreamClientListsTest, PagesWithoutLinksAreFollowedToTheEnd) {
  for (const int cap : {1, 73, 1500}) {
    std::vector<std::string> all;
    for (int page = 0; page < 3; ++page) {
      std::vector<std::string> quoted;
      for (int i = 0; i < cap; ++i) {
        all.push_back(absl::StrCat("v", page, "-", i));
        quoted.push_back(absl::StrCat("\"", all.back(), "\""));
      }
      AnswerPage(absl::StrJoin(quoted, ","));
    }
    AnswerPage("");
    registry_.ClearRequests();
    EXPECT_THAT(Tags(), IsOkAndHolds(::testing::ElementsAreArray(all)));
    ASSERT_EQ(registry_.requests().size(), 4);
    EXPECT_EQ(Targets()[1],
              absl::StrCat("/v2/a/b/tags/list?n=1000&last=v0-", cap - 1));
  }
}

TEST_F(HttpUpstreamClientListsTest, RegistriesThatDoNotKnowLastAreAskedTwice) {
  for (const std::string again :
       {R"("c","a","b")", R"("a","b","c")", R"("b")"}) {
    registry_.ClearRequests();
    AnswerPage(R"("c","a","b")");
    AnswerPage(again);
    EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("c", "a", "b"))) << again;
    EXPECT_EQ(registry_.requests().size(), 2);
  }
  for (const int status : {400, 404, 405, 410, 422}) {
    registry_.ClearRequests();
    AnswerPage(R"("a")");
    registry_.Answer({}, FakeAnswer::Status(status));
    EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("a"))) << status;
    EXPECT_EQ(registry_.requests().size(), 2);
  }
  // That says nothing of whether there are more.
  for (const int status : {403, 429, 503}) {
    AnswerPage(R"("a")");
    registry_.Answer({}, FakeAnswer::Status(status));
    EXPECT_FALSE(Tags().ok()) << status;
  }
}

TEST_F(HttpUpstreamClientListsTest, PagesThatAlternateComeToAnEnd) {
  for (int i = 0; i < 2; ++i) {
    AnswerPage(R"("a")");
    AnswerPage(R"("b")");
  }
  const auto tags = Tags();
  ASSERT_THAT(tags, testing::IsOk());
  EXPECT_THAT(*tags, ::testing::IsSupersetOf({"a", "b"}));
  EXPECT_LE(registry_.requests().size(), 4);
}

TEST_F(HttpUpstreamClientListsTest, WhoNamesPagesIsBelievedThatThereAreNoMore) {
  AnswerPage(R"("a")", "</v2/a/b/tags/list?last=a>; rel=next");
  AnswerPage(R"("b")");
  EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("a", "b")));
  EXPECT_EQ(registry_.requests().size(), 2);
}

TEST_F(HttpUpstreamClientListsTest, CirclesAreLeft) {
  const std::string first = "</v2/a/b/tags/list?n=1000>; rel=next";
  AnswerPage(R"("a")", first);
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_EQ(registry_.requests().size(), 1);
  AnswerPage(R"("a")", "</v2/a/b/tags/list?last=a>; rel=next");
  AnswerPage(R"("b")", first);
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_EQ(registry_.requests().size(), 3);
}

TEST_F(HttpUpstreamClientListsTest, HundredThousandTagsAreListed) {
  std::vector<std::string> names;
  for (int i = 0; i < 100'000; ++i) {
    names.push_back(absl::StrCat("\"build-", i, "\""));
  }
  // It does not know `n`, so it need not know `last` either.
  AnswerPage(absl::StrJoin(names, ","));
  AnswerPage(absl::StrJoin(names, ","));
  const auto tags = Tags();
  ASSERT_THAT(tags, testing::IsOk());
  EXPECT_EQ(tags->size(), 100'000);
  EXPECT_EQ(tags->back(), "build-99999");
}

TEST_F(HttpUpstreamClientListsTest, ListsAreBounded) {
  // Short of the bound of bytes, beyond that of tags.
  std::string many;
  for (size_t i = 0; i <= limits::kTagsMax; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", "\"t\"");
  }
  AnswerPage(many);
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  // All pages together.
  registry_.ClearRequests();
  const std::string half(limits::kListBytesMax / 2, ' ');
  AnswerPage(half, "</2>; rel=next");
  AnswerPage(half, "</3>; rel=next");
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
  EXPECT_EQ(registry_.requests().size(), 2);
}

TEST_F(HttpUpstreamClientListsTest, WhatIsNoListIsInvalid) {
  for (const std::string body :
       {"", "<html>Please log in</html>", "[]", R"({"tags":7})"}) {
    registry_.Answer({}, FakeAnswer::Status(200, {}, body), 2);
    EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                                 Reason::kUpstreamInvalid))
        << body;
    EXPECT_THAT(Referrers(), StatusIs(absl::StatusCode::kUnavailable,
                                      Reason::kUpstreamInvalid))
        << body;
  }
  registry_.Answer(
      {}, FakeAnswer::Status(200, {{"Content-Encoding", "gzip"}}, "{}"));
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientListsTest, MissingPageIsNoMissingRepository) {
  AnswerPage(R"("a")", "</v2/a/b/tags/list?last=a>; rel=next");
  registry_.Answer({}, FakeAnswer::Status(404));
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
}

TEST_F(HttpUpstreamClientListsTest, PageThatBreaksOffIsUnavailable) {
  FakeAnswer broken;
  broken.truncate_at_byte = 5;
  registry_.Answer({}, broken);
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamUnavailable));
  EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("t")));
}

TEST_F(HttpUpstreamClientListsTest, TokensAreForPulling) {
  HoldCredentials();
  registry_.RequireBearer({.username = "user", .password = "secret"});
  EXPECT_THAT(Tags(), IsOkAndHolds(ElementsAre("t")));
  EXPECT_THAT(Referrers(), IsOkAndHolds(IsEmpty()));
  const auto tokens = registry_.requests({"", "/token"});
  ASSERT_EQ(tokens.size(), 1);
  EXPECT_THAT(tokens[0].target, HasSubstr("scope=repository%3Aa%2Fb%3Apull"));
}

TEST_F(HttpUpstreamClientListsTest, ReferrersAreAskedForAsAnIndex) {
  registry_.AddReferrer(
      "a/b", subject_,
      absl::StrCat("{\"digest\":\"", subject_.ToString(), "\"}"));
  EXPECT_THAT(Referrers(), IsOkAndHolds(::testing::SizeIs(1)));
  EXPECT_THAT(Targets(), ElementsAre(absl::StrCat("/v2/a/b/referrers/",
                                                  subject_.ToString())));
  EXPECT_EQ(registry_.requests()[0].Header("Accept"),
            "application/vnd.oci.image.index.v1+json");
}

TEST_F(HttpUpstreamClientListsTest, RegistriesThatKnowNoReferrersSaySo) {
  for (const int status : {400, 404, 405, 406, 501}) {
    registry_.Answer({}, FakeAnswer::Status(status));
    EXPECT_THAT(Referrers(),
                StatusIs(absl::StatusCode::kNotFound, Reason::kManifestUnknown))
        << status;
  }
  // Of tags only 404 says that.
  registry_.Answer({}, FakeAnswer::Status(405));
  EXPECT_THAT(Tags(), StatusIs(absl::StatusCode::kUnavailable,
                               Reason::kUpstreamInvalid));
}

// --- What the observer sees.

class CountingObserver : public AnswerObserver {
 public:
  void OnAnswer(int64_t upstream_id, const HttpHead& head) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(upstream_id, 1);
    statuses_.push_back(head.status);
    remaining_ = std::string(head.fields.First("ratelimit-remaining"));
  }
  std::vector<int> statuses() const {
    MutexLock lock(&mutex_);
    return statuses_;
  }
  std::string remaining() const {
    MutexLock lock(&mutex_);
    return remaining_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<int> statuses_ ABSL_GUARDED_BY(mutex_);
  std::string remaining_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(HttpUpstreamClientListsTest, ObserverSeesFinalAnswersOfTheUpstream) {
  CountingObserver observer;
  const auto client = BuildUpstreamClient(
      {.allow_private_addresses = true, .proxies = {}}, clock_, &observer);
  const auto get = [&] {
    return client->GetManifest(access_, repository_, *Reference::Parse("t"));
  };
  registry_.RequireBearer({});
  FakeAnswer told;
  told.headers = {{"RateLimit-Remaining", "20;w=21600"}};
  EXPECT_THAT(get(), testing::IsOk());
  registry_.Answer({}, told);
  EXPECT_THAT(get(), testing::IsOk());
  EXPECT_EQ(observer.remaining(), "20;w=21600");
  registry_.Answer(
      {}, FakeAnswer::Status(429, {{"RateLimit-Remaining", "0;w=21600"}}));
  EXPECT_FALSE(get().ok());
  EXPECT_EQ(observer.remaining(), "0;w=21600");
  registry_.Answer({}, FakeAnswer::Status(404));
  EXPECT_FALSE(get().ok());
  EXPECT_THAT(observer.statuses(), ElementsAre(200, 200, 429, 404));
  // Challenges, token services and other hosts are not the upstream's answer.
  elsewhere_.Answer({}, FakeAnswer::Status(200, {}, kManifest));
  registry_.Answer({}, FakeAnswer::Redirect(ElsewhereUrl() + "/b"));
  EXPECT_THAT(get(), testing::IsOk());
  EXPECT_EQ(observer.statuses().size(), 4);
}

}  // namespace
}  // namespace cvr
