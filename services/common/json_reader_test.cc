#include "services/common/json_reader.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;

class Strings final : public JsonReader {
 public:
  bool key(string_t& name) override {
    seen.push_back(absl::StrCat(name, ":"));
    return true;
  }
  bool string(string_t& value) override {
    seen.push_back(value);
    return value != "stop";
  }
  std::vector<std::string> seen;
};

TEST(ReadJsonTest, ShowsWhatIsThereInOrder) {
  for (const bool as_stream : {false, true}) {
    Strings strings;
    const std::string json = R"({"a":["x",1,null,{"b":"y"}],"a":"z"})";
    std::istringstream stream(json);
    EXPECT_TRUE(as_stream ? ReadJson(stream, strings)
                          : ReadJson(json, strings));
    EXPECT_THAT(strings.seen, ElementsAre("a:", "x", "b:", "y", "a:", "z"));
  }
}

TEST(ReadJsonTest, TellsWhatIsNoJsonAndWhereItWasStopped) {
  for (const std::string json : {"", "{", "[1,]", "{} x", R"(["a","stop","b"])",
                                 "\xff", R"(["\ud800"])"}) {
    Strings strings;
    EXPECT_FALSE(ReadJson(json, strings)) << json;
  }
}

TEST(ReadJsonTest, ShowsBytesThatAreNoUtf8AsQuestionMarks) {
  const struct {
    std::string bytes;
    std::string shown;
  } cases[] = {
      {"\xff", "?"},
      {"a\xc3(b", "a?(b"},
      {"\xe2\x82", "??"},
      {"\xed\xa0\x80", "???"},  // Half of a pair.
      {"\xc0\xaf", "??"},       // Too long for `/`.
      {"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
  };
  for (const auto& [bytes, shown] : cases) {
    for (const bool as_stream : {false, true}) {
      Strings strings;
      const std::string json = absl::StrCat(R"(["end",")", bytes, R"("])");
      std::istringstream stream(json);
      EXPECT_TRUE(as_stream ? ReadJson(stream, strings)
                            : ReadJson(json, strings));
      EXPECT_THAT(strings.seen, ElementsAre("end", shown));
    }
  }
}

TEST(ReadJsonTest, DepthCostsNoStack) {
  Strings strings;
  const std::string open(1000000, '[');
  EXPECT_FALSE(ReadJson(open, strings));
  EXPECT_TRUE(ReadJson(open + std::string(1000000, ']'), strings));
}

TEST(IsModestJsonTest, CountsValuesAndDepth) {
  const std::string json = R"({"a":[1,"b",{}]})";  // 6 values, 3 deep.
  EXPECT_TRUE(IsModestJson(json, 6, 3));
  EXPECT_FALSE(IsModestJson(json, 5, 3));
  EXPECT_FALSE(IsModestJson(json, 6, 2));
  EXPECT_FALSE(IsModestJson("{", 6, 3));
  // Depth is what is open at once.
  EXPECT_TRUE(IsModestJson("[[],[],[]]", 4, 2));
}

}  // namespace
}  // namespace cvr
