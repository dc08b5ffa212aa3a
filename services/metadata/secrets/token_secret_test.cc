#include "services/metadata/secrets/token_secret.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(TokenSecretTest, HasAFormThatScannersKnow) {
  const std::string secret = MakeTokenSecret();
  EXPECT_EQ(secret.substr(0, 4), "cvr_");
  EXPECT_EQ(secret.size(), 53u);
  EXPECT_TRUE(IsTokenSecret(secret));
}

TEST(TokenSecretTest, NoTwoAreAlike) {
  std::set<std::string> secrets;
  for (int i = 0; i < 1000; ++i) secrets.insert(MakeTokenSecret());
  EXPECT_EQ(secrets.size(), 1000u);
}

TEST(TokenSecretTest, EveryCharacterCounts) {
  const std::string secret = MakeTokenSecret();
  for (size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] = other[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(IsTokenSecret(other)) << i;
    EXPECT_NE(HashTokenSecret(other), HashTokenSecret(secret));
  }
  for (const std::string& text :
       {std::string(), std::string("cvr_"), secret + "a", secret.substr(1)}) {
    EXPECT_FALSE(IsTokenSecret(text)) << text;
  }
}

TEST(TokenSecretTest, IsStoredAsItsHash) {
  const std::string secret = MakeTokenSecret();
  EXPECT_EQ(HashTokenSecret(secret).size(), 32u);
  EXPECT_EQ(HashTokenSecret(secret), HashTokenSecret(secret));
}

}  // namespace
}  // namespace cvr
