#include "tests/support/planted_secrets.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr::testing {
namespace {

TEST(PlantedSecretsTest, AreFound) {
  const std::string token = absl::StrCat("cvr_", std::string(49, 'a'));
  const std::string jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0xx.c2lnbmF0dXJl";
  const std::string wrong = absl::StrCat("cvr_", std::string(49, '0'));
  EXPECT_EQ(SecretIn("nothing of the kind"), "");
  EXPECT_EQ(SecretIn(absl::StrCat("a", kPlantedSecret, "b")), kPlantedSecret);
  EXPECT_EQ(SecretIn(absl::StrCat("token=", token, ".")), token);
  EXPECT_EQ(SecretIn(absl::StrCat("Bearer ", jwt)), jwt);
  EXPECT_EQ(SecretIn(wrong), "");
  EXPECT_EQ(SecretIn(absl::StrCat(wrong, " ", token)), token);
}

}  // namespace
}  // namespace cvr::testing
