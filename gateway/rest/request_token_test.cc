#include "gateway/rest/request_token.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr::rest {
namespace {

std::string Shown(const std::string& name, const std::string& value) {
  HttpRequest request;
  request.fields.Add(name, value);
  return TokenOfRequest(request);
}

TEST(RequestTokenTest, FromEitherField) {
  EXPECT_EQ(Shown("private-token", "cvr_a"), "cvr_a");
  EXPECT_EQ(Shown("Authorization", "bearer cvr_a"), "cvr_a");
  HttpRequest both;
  both.fields.Add("Authorization", "Bearer cvr_b");
  both.fields.Add("PRIVATE-TOKEN", "cvr_a");
  EXPECT_EQ(TokenOfRequest(both), "cvr_a");
}

TEST(RequestTokenTest, NothingElseCounts) {
  EXPECT_EQ(TokenOfRequest({}), "");
  EXPECT_EQ(Shown("PRIVATE-TOKEN", ""), "");
  EXPECT_EQ(Shown("PRIVATE-TOKEN", "glpat-x"), "");
  EXPECT_EQ(Shown("PRIVATE-TOKEN", "cvr_a b"), "");
  EXPECT_EQ(Shown("PRIVATE-TOKEN", "cvr_\xff"), "");
  EXPECT_EQ(Shown("Authorization", "Bearer eyJ.a.b"), "");
  // Basic, of `u:cvr_a`: browsers send it by themselves.
  EXPECT_EQ(Shown("Authorization", "Basic dTpjdnJfYQ=="), "");
  HttpRequest twice;
  twice.fields.Add("PRIVATE-TOKEN", "cvr_a");
  twice.fields.Add("PRIVATE-TOKEN", "cvr_b");
  EXPECT_EQ(TokenOfRequest(twice), "");
}

}  // namespace
}  // namespace cvr::rest
