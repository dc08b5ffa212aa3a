#include "services/metadata/store/key_encoding.h"

#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

// NOLINTNEXTLINE: literals with zero bytes need their length.
std::string Bytes(const char* bytes, size_t size) { return {bytes, size}; }

TEST(KeyEncodingTest, BytesAreThoseOfTheGrammar) {
  EXPECT_EQ(KeyBuilder().Int(258).Build(), Bytes("\0\0\0\0\0\0\1\2", 8));
  EXPECT_EQ(KeyBuilder().String(Bytes("a\0b", 3)).Build(), Bytes("a\0\xff"
                                                                 "b\0\1",
                                                                 6));
  EXPECT_EQ(KeyBuilder().String("").Rest("x").Build(), Bytes("\0\1x", 3));
  const Digest digest = Digest::OfBytes("hello");
  EXPECT_EQ(KeyBuilder().Hash(digest).Build(),
            "\x01" + std::string(digest.raw()));
}

TEST(KeyEncodingTest, KeysSortAsTheirTuples) {
  using Tuple = std::tuple<int64_t, std::string, int64_t>;
  const std::vector<std::string> words = {"",
                                          Bytes("\0", 1),
                                          Bytes("\0\0", 2),
                                          Bytes("\0\1", 2),
                                          "\x01",
                                          "a",
                                          Bytes("a\0", 2),
                                          Bytes("a\0b", 3),
                                          "a\x01",
                                          "aa",
                                          "ab",
                                          "b",
                                          "\xff"};
  std::vector<std::pair<Tuple, std::string>> all;
  for (const int64_t id :
       {int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256}, INT64_MAX}) {
    for (const auto& word : words) {
      for (const int64_t last : {int64_t{0}, int64_t{300}}) {
        all.push_back({Tuple(id, word, last),
                       KeyBuilder().Int(id).String(word).Int(last).Build()});
      }
    }
  }
  for (const auto& [a, a_key] : all) {
    for (const auto& [b, b_key] : all) {
      EXPECT_EQ(a < b, a_key < b_key);
    }
  }
}

TEST(KeyEncodingTest, ReaderTakesApartWhatBuilderMade) {
  const std::string key =
      KeyBuilder().Int(7).String(Bytes("x\0y", 3)).Int(9).Rest("z").Build();
  KeyReader reader(key);
  int64_t first = 0, second = 0;
  std::string text;
  absl::string_view rest;
  ASSERT_TRUE(reader.Int(first) && reader.String(text) && reader.Int(second) &&
              reader.Rest(rest));
  EXPECT_TRUE(reader.Done());
  EXPECT_EQ(std::make_tuple(first, text, second, std::string(rest)),
            std::make_tuple(int64_t{7}, Bytes("x\0y", 3), int64_t{9},
                            std::string("z")));
}

TEST(KeyEncodingTest, ReaderRefusesWhatNoBuilderMade) {
  int64_t value = 0;
  std::string text;
  EXPECT_FALSE(KeyReader("1234567").Int(value));
  EXPECT_FALSE(KeyReader("\xff\xff\xff\xff\xff\xff\xff\xff").Int(value));
  EXPECT_FALSE(KeyReader("unended").String(text));
  const std::string cut = Bytes("a\0", 2);
  EXPECT_FALSE(KeyReader(cut).String(text));
  const std::string odd = Bytes("a\0\2", 3);
  EXPECT_FALSE(KeyReader(odd).String(text));
}

TEST(KeyEncodingTest, AfterAFailureNothingSucceeds) {
  KeyReader reader("short");
  int64_t value = 0;
  absl::string_view rest;
  EXPECT_FALSE(reader.Int(value));
  EXPECT_FALSE(reader.Rest(rest));
  EXPECT_FALSE(reader.Done());
}

TEST(KeyEncodingTest, WhatIsLeftOverIsNotDone) {
  const std::string key = KeyBuilder().Int(1).Rest("more").Build();
  KeyReader reader(key);
  int64_t value = 0;
  ASSERT_TRUE(reader.Int(value));
  EXPECT_FALSE(reader.Done());
}

}  // namespace
}  // namespace cvr
