#include "services/common/utf8.h"

#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cvr {
namespace {

TEST(Utf8Test, KnowsGoodFromBad) {
  for (const char* const good : {"", "a", "\xc3\xa9", "\xe2\x82\xac",
                                 "\xf0\x9f\x90\xb3", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  EXPECT_TRUE(IsUtf8(absl::string_view("\0", 1)));
  for (const char* const bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xe2\x82",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3(",
        "\xf0\x9f\x90("}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(Utf8Test, CountsCharacters) {
  EXPECT_EQ(Utf8Length(""), 0);
  EXPECT_EQ(Utf8Length("abc"), 3);
  EXPECT_EQ(Utf8Length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb3"), 4);
}

TEST(Utf8Test, CutsBetweenCharacters) {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb3";
  for (size_t bytes = 0; bytes <= text.size() + 2; ++bytes) {
    const absl::string_view prefix = Utf8Prefix(text, bytes);
    EXPECT_TRUE(IsUtf8(prefix)) << bytes;
    EXPECT_LE(prefix.size(), bytes);
    // No character more would have fit.
    EXPECT_TRUE(prefix.size() == text.size() || bytes - prefix.size() < 4);
    EXPECT_EQ(text.substr(0, prefix.size()), prefix);
  }
  EXPECT_EQ(Utf8Prefix(text, 2), "a");
  EXPECT_EQ(Utf8Prefix(text, 3), "a\xc3\xa9");
  EXPECT_EQ(Utf8Prefix(text, 9), "a\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(Utf8Prefix(text, 10), text);
}

// Another implementation says the same of every text of two bytes, and of some
// longer ones.
TEST(Utf8Test, AgreesWithTheJsonLibrary) {
  const auto check = [](const std::string& text) {
    bool good = true;
    try {
      (void)nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
      good = false;
    }
    EXPECT_EQ(IsUtf8(text), good)
        << nlohmann::json::binary({text.begin(), text.end()});
  };
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string two = {static_cast<char>(a), static_cast<char>(b)};
      check(two);
      check(two + "\x80");
      check(two + "\xbf\x80");
    }
  }
}

}  // namespace
}  // namespace cvr
