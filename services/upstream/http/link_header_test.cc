#include "services/upstream/http/link_header.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

// `target (relation relation)`, joined by `|`.
std::string Read(absl::string_view value) {
  return absl::StrJoin(
      ParseLinks(value), "|", [](std::string* out, const Link& link) {
        absl::StrAppend(out, link.target, " (",
                        absl::StrJoin(link.relations, " "), ")");
      });
}

TEST(LinkHeaderTest, RegistriesNameTheirNextPage) {
  EXPECT_EQ(Read("</v2/a/tags/list?last=t&n=10>; rel=\"next\""),
            "/v2/a/tags/list?last=t&n=10 (next)");
  EXPECT_EQ(Read("<https://h/v2/a/tags/list?n=10>;rel=next"),
            "https://h/v2/a/tags/list?n=10 (next)");
}

TEST(LinkHeaderTest, SeveralLinksAreToldApart) {
  EXPECT_EQ(Read("</a,b;c>; rel=\"prev\"; title=\"x, <y>; rel=z\", </d>;"
                 " rel=\"next last\""),
            "/a,b;c (prev)|/d (next last)");
}

TEST(LinkHeaderTest, RelationsHaveNoCaseAndTheFirstOnesCount) {
  EXPECT_EQ(Read("</a>; REL=\"Next\"; rel=prev"), "/a (next)");
  EXPECT_EQ(Read("</a>"), "/a ()");
  EXPECT_EQ(Read("</a>; rel"), "/a ()");
}

TEST(LinkHeaderTest, LinksOfOtherPagesAreLeftOut) {
  EXPECT_EQ(Read("</a>; anchor=\"/other\"; rel=next, </b>; rel=next"),
            "/b (next)");
}

TEST(LinkHeaderTest, BracketsAndQuotesMayBeMissing) {
  EXPECT_EQ(Read("/v2/a/tags/list?n=1; rel=\"next\""),
            "/v2/a/tags/list?n=1 (next)");
  EXPECT_EQ(Read("</a; rel=\"next\""), "/a; rel=\"next\" ()");
  EXPECT_EQ(Read("</a>; rel=\"next"), "/a (next)");
  EXPECT_EQ(Read("</a> ; rel = \"n\\ext\" ,"), "/a (next)");
}

TEST(LinkHeaderTest, WhatIsNoLinkIsNone) {
  for (const std::string value :
       {"", ",", ";", "<>", "<>; rel=next", " , ; rel=next", "; rel=next"}) {
    EXPECT_EQ(Read(value), "") << value;
  }
}

}  // namespace
}  // namespace cvr
