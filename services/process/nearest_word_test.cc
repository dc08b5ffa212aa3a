#include "services/process/nearest_word.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string>& Words() {
  static const auto* const words = new std::vector<std::string>{
      "registry",     "upstream",     "entry",        "http_address",
      "grpc_address", "tls_key_file", "rpc_key_file", "max_bytes"};
  return *words;
}

TEST(NearestWordTest, TypingMistakesAreSeenThrough) {
  for (const char* typed :
       {"registri", "registy", "registryy", "reigstry", "Registry"}) {
    EXPECT_THAT(NearestWords(typed, Words()), ElementsAre("registry")) << typed;
  }
  EXPECT_THAT(NearestWords("http-adress", Words()),
              ElementsAre("http_address"));
  EXPECT_THAT(NearestWords("max-byte", Words()), ElementsAre("max_bytes"));
}

TEST(NearestWordTest, PartsOfNamesAreFound) {
  EXPECT_THAT(NearestWords("address", Words()),
              ElementsAre("http_address", "grpc_address"));
  EXPECT_THAT(NearestWords("key-file", Words()),
              ElementsAre("tls_key_file", "rpc_key_file"));
  EXPECT_THAT(NearestWords("reg", Words()), ElementsAre("registry"));
}

TEST(NearestWordTest, WhatIsLikeNothingGetsNoSuggestion) {
  for (const std::string& typed :
       {std::string(), std::string("x"), std::string("volume"),
        std::string(100000, 'a')}) {
    EXPECT_THAT(NearestWords(typed, Words()), IsEmpty());
  }
}

TEST(NearestWordTest, ASentenceIsMadeOfThem) {
  EXPECT_EQ(DidYouMean("registri", Words()), "; did you mean registry?");
  EXPECT_EQ(DidYouMean("address", Words(), "--"),
            "; did you mean --http_address or --grpc_address?");
  EXPECT_EQ(DidYouMean("volume", Words()), "");
}

}  // namespace
}  // namespace cvr
