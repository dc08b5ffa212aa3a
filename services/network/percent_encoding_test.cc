#include "services/network/percent_encoding.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(PercentEncodingTest, EncodesAllButUnreservedCharacters) {
  struct Case {
    const char* text;
    const char* encoded;
  };
  for (const Case& one : {
           Case{"", ""},
           Case{"azAZ09-._~", "azAZ09-._~"},
           Case{"a/b:c", "a%2Fb%3Ac"},
           Case{"a b+c", "a%20b%2Bc"},
           Case{"%41", "%2541"},
           Case{"?&=#", "%3F%26%3D%23"},
           Case{"\n\x7f\xff", "%0A%7F%FF"},
           Case{"\xc3\xbc", "%C3%BC"},
       }) {
    EXPECT_EQ(PercentEncode(one.text), one.encoded);
    EXPECT_EQ(PercentDecode(one.encoded), one.text);
  }
}

TEST(PercentEncodingTest, DecodesOnce) {
  EXPECT_EQ(PercentDecode("%2541"), "%41");
  EXPECT_EQ(PercentDecode("%c3%Bc"), "\xc3\xbc");
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
  EXPECT_EQ(PercentDecode("%00x"), std::string("\0x", 2));
}

TEST(PercentEncodingTest, RefusesHalfAnEncoding) {
  for (const char* const text :
       {"%", "%4", "a%", "a%4", "%%41", "%4g", "%g4", "% 4", "%+4", "%-1"}) {
    EXPECT_EQ(PercentDecode(text), std::nullopt) << text;
  }
}

TEST(PercentEncodingTest, EveryByteComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
}

}  // namespace
}  // namespace cvr
