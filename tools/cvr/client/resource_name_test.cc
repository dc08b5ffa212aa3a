#include "tools/cvr/client/resource_name.h"

#include <optional>
#include <string>

#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

v1::GetRegistryRequest Get(const std::string& word,
                           const std::optional<std::string>& group = {}) {
  v1::GetRegistryRequest request;
  SetResource("", word, group, request);
  return request;
}

TEST(ResourceNameTest, DigitsAloneAreAnId) {
  EXPECT_EQ(Get("7").id(), 7);
  EXPECT_EQ(Get("7", "acme").id(), 7);
  EXPECT_EQ(Get("7a").key().name(), "7a");
  // So a name of digits is told from an id.
  EXPECT_EQ(Get("acme/7").key().group(), "acme");
  EXPECT_EQ(Get("acme/7").key().name(), "7");
}

TEST(ResourceNameTest, NamesStandInTheirGroup) {
  const struct {
    const char* word;
    std::optional<std::string> group;
    const char* its_group;
    const char* its_name;
  } cases[] = {{"web", {}, "default", "web"},
               {"web", "acme", "acme", "web"},
               {"acme/web", {}, "acme", "web"},
               {"acme/eu/web", {}, "acme/eu", "web"},
               {"a/b", "acme", "acme", "a/b"}};
  for (const auto& [word, group, its_group, its_name] : cases) {
    EXPECT_EQ(Get(word, group).key().group(), its_group) << word;
    EXPECT_EQ(Get(word, group).key().name(), its_name) << word;
  }
}

TEST(ResourceNameTest, FieldsAreThoseOfTheRequest) {
  v1::CreateAttachmentRequest request;
  SetResource("registry", "3", {}, request);
  SetResource("upstream", "hub", "acme", request);
  EXPECT_EQ(request.registry_id(), 3);
  EXPECT_EQ(request.upstream_key().group(), "acme");
  EXPECT_EQ(request.upstream_key().name(), "hub");
}

TEST(ResourceNameTest, WordsThatNameNothingAreRefused) {
  const auto refusal = [](std::string word) { return ResourceWord()(word); };
  for (const char* good : {"1", "hub", "a/b", "a/b/c", "1000000000"}) {
    EXPECT_EQ(refusal(good), "") << good;
  }
  for (const char* bad : {"", "0", "00", "/a", "a/", "99999999999999999999"}) {
    EXPECT_NE(refusal(bad), "") << bad;
  }
}

TEST(ResourceNameTest, SentencesCallThemAsTheyAre) {
  EXPECT_EQ(ResourceText("registry", "7", {}), "registry 7");
  EXPECT_EQ(ResourceText("registry", "web", {}), "registry default/web");
  EXPECT_EQ(ResourceText("upstream", "hub", "acme"), "upstream acme/hub");
}

}  // namespace
}  // namespace cvr
