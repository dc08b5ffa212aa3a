// What users of registry caches complain of most, as far as no other test shows
// that it cannot happen here. RESULTS.md says which test shows what.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/faults/several_upstreams.h"

namespace cvr::testing {
namespace {

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

class PainsTest : public SeveralUpstreams {
 protected:
  const std::unique_ptr<Source> upstream_ = Add();
  const TestImage image_ = ImageNamed("image");
};

// With the spaces and the order that it has, for platforms that nobody here
// has asked for, and without a look at any of them.
TEST_F(PainsTest, AnIndexComesAsItIsAndNothingElseIsFetched) {
  const std::string index =
      absl::StrCat("{ \"schemaVersion\" : 2,\n\t\"manifests\":[",
                   R"({"digest":")", image_.manifest_digest.ToString(),
                   R"(","size":1,"mediaType":"x","platform":{"os":"plan9"}},)",
                   R"({"digest":")", Digest::OfBytes("none").ToString(),
                   R"(","size":2,"mediaType":"y","unknown":{"b":1,"a":2}}]} )");
  const Digest digest =
      upstream_->fake().AddManifest("library/app", "v1", kIndexType, index);
  for (const char* state : {"cold", "cached"}) {
    SCOPED_TRACE(state);
    const HttpResponse by_tag = GetTag("v1");
    ExpectContent(by_tag, index);
    EXPECT_EQ(by_tag.header("content-type"), kIndexType);
    EXPECT_EQ(by_tag.header("docker-content-digest"), digest.ToString());
    ExpectContent(GetTag(digest.ToString()), index);
  }
  EXPECT_EQ(upstream_->requests(), 1);
}

TEST_F(PainsTest, WhatIsAddressedByDigestDoesNotExpire) {
  upstream_->Add(image_, "v1");
  ExpectContent(Get(DigestPath(image_)), image_.manifest);
  ExpectContent(Get(BlobPath(image_)), image_.blob);
  upstream_->AwaitEntry(BlobPath(image_));
  for (const std::string& path : {DigestPath(image_), BlobPath(image_)}) {
    EXPECT_EQ(upstream_->Expire(path), grpc::StatusCode::FAILED_PRECONDITION);
  }
  v1::Upstream changed;
  changed.set_id(upstream_->id());
  changed.mutable_cache_policy()->mutable_tag_ttl();
  changed.mutable_cache_policy()->mutable_stale_ttl();
  installation().UpdateUpstream(
      changed, {"cache_policy.tag_ttl", "cache_policy.stale_ttl"});
  upstream_->Unplug();
  ExpectContent(Get(DigestPath(image_)), image_.manifest);
  ExpectContent(Get(BlobPath(image_)), image_.blob);
}

TEST_F(PainsTest, ATagThatMovedComesWithItsOwnBytes) {
  const auto other = ImageNamed("other");
  upstream_->Add(image_, "v1");
  ExpectContent(GetTag("v1"), image_.manifest);
  upstream_->Add(other, "v1");
  ExpectContent(GetTag("v1"), image_.manifest);
  EXPECT_EQ(upstream_->Expire(TagPath("v1")), grpc::StatusCode::OK);
  const HttpResponse moved = GetTag("v1");
  ExpectContent(moved, other.manifest);
  EXPECT_EQ(moved.header("docker-content-digest"),
            other.manifest_digest.ToString());
  ExpectContent(Get(DigestPath(image_)), image_.manifest);
}

// Other credentials count from the next request on: no restart.
TEST_F(PainsTest, NewCredentialsCountAtOnce) {
  upstream_->Add(image_, "v1");
  upstream_->fake().RequireBearer({.username = "user", .password = "new"});
  v1::Upstream changed;
  changed.set_id(upstream_->id());
  SetLogin(changed, "user", "old");
  installation().UpdateUpstream(changed, {"credentials"});
  ExpectError(GetTag("v1"), 403, "DENIED");
  changed.mutable_credentials()->mutable_basic()->set_password("new");
  installation().UpdateUpstream(changed, {"credentials.basic.password"});
  ExpectContent(GetTag("v1"), image_.manifest);
}

}  // namespace
}  // namespace cvr::testing
