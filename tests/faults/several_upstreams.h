#ifndef TESTS_FAULTS_SEVERAL_UPSTREAMS_H_
#define TESTS_FAULTS_SEVERAL_UPSTREAMS_H_

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/faults/image.h"
#include "tests/faults/installation.h"
#include "tests/support/bad_port.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {

// An upstream of a registry, and the fake behind it.
class Source {
 public:
  // `settings` without its URL.
  Source(Installation& installation, v1::Upstream settings)
      : installation_(installation) {
    settings.set_url(fake_.url());
    id_ = installation.CreateUpstream(std::move(settings));
  }

  ~Source() { installation_.DeleteUpstream(id_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  int64_t id() const { return id_; }
  FakeRegistry& fake() { return fake_; }

  void Add(const TestImage& image, const std::string& tag) {
    image.AddTo(fake_, "library/app", tag);
  }
  // For good.
  void Unplug() {
    const int port = fake_.port();
    fake_.Stop();
    closed_.emplace(port, BadPort::Manner::kRefuse);
  }
  // Everything is answered so from now on.
  void AnswerAll(int status) {
    fake_.Answer({}, FakeAnswer::Status(status), FakeRegistry::kAlways);
  }
  int requests() const { return fake_.CountRequests({}); }

  bool HasEntry(const std::string& path) const {
    for (const v1::CacheEntry& entry : installation_.Entries(id_)) {
      if (entry.relative_path() == absl::StrCat("/", path)) return true;
    }
    return false;
  }
  // A blob is recorded a moment after its last byte was sent.
  void AwaitEntry(const std::string& path) const {
    EXPECT_TRUE(Eventually([&] { return HasEntry(path); },
                           absl::StrCat(path, " is recorded")));
  }
  // What becomes of the call that makes the next pull ask for it. Fails the
  // test when there is no such entry.
  grpc::StatusCode Expire(const std::string& path) {
    for (const v1::CacheEntry& entry : installation_.Entries(id_)) {
      if (entry.relative_path() == absl::StrCat("/", path)) {
        return installation_.Expire(entry);
      }
    }
    ADD_FAILURE() << "no entry " << path;
    return grpc::StatusCode::UNKNOWN;
  }

 private:
  Installation& installation_;
  FakeRegistry fake_;
  std::optional<BadPort> closed_;
  int64_t id_ = 0;
};

// A registry of its own for each test, at one installation for all.
class SeveralUpstreams : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { installation_ = new Installation; }
  static void TearDownTestSuite() {
    delete installation_;
    installation_ = nullptr;
  }
  ~SeveralUpstreams() override {
    if (HasFailure()) std::cerr << installation_->Log();
  }

  Installation& installation() { return *installation_; }

  // Adds an upstream as the registry's last.
  std::unique_ptr<Source> Add(v1::Upstream settings = {}) {
    auto source = std::make_unique<Source>(*installation_, std::move(settings));
    installation_->Attach(registry_, source->id());
    return source;
  }

  TestImage ImageNamed(const std::string& name) const {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return TestImage::Named(absl::StrCat(test->name(), " ", name));
  }

  HttpResponse Get(const std::string& path) const {
    return installation_->Get(registry_, path);
  }
  HttpResponse GetTag(const std::string& tag) const {
    return Get(TagPath(tag));
  }
  static std::string TagPath(const std::string& tag) {
    return absl::StrCat("library/app/manifests/", tag);
  }
  static std::string DigestPath(const TestImage& image) {
    return TagPath(image.manifest_digest.ToString());
  }
  static std::string BlobPath(const TestImage& image) {
    return absl::StrCat("library/app/blobs/", image.blob_digest.ToString());
  }

  const int64_t registry_ = installation_->CreateRegistry();

 private:
  inline static Installation* installation_ = nullptr;
};

inline void ExpectContent(const HttpResponse& response,
                          const std::string& bytes) {
  EXPECT_EQ(response.status, 200) << response.body.substr(0, 500);
  EXPECT_EQ(response.error, "");
  EXPECT_TRUE(response.body == bytes);
}

inline void ExpectError(const HttpResponse& response, int status,
                        const std::string& code) {
  EXPECT_EQ(response.status, status) << response.body.substr(0, 500);
  EXPECT_TRUE(
      absl::StrContains(response.body, absl::StrCat("\"code\":\"", code, "\"")))
      << response.body.substr(0, 500);
  if (status == 503 || status == 429) {
    EXPECT_NE(response.header("retry-after"), "");
  }
}

// An upstream that keeps what it lacks in mind for so long; zero = not at all.
inline v1::Upstream Remembering(absl::Duration absence) {
  v1::Upstream settings;
  auto* const ttls = settings.mutable_cache_policy()->mutable_negative_ttls();
  for (auto* const ttl :
       {ttls->mutable_manifest_not_found(), ttls->mutable_blob_not_found(),
        ttls->mutable_refused()}) {
    ttl->set_seconds(absl::ToInt64Seconds(absence));
  }
  return settings;
}

// An upstream whose tags have to be revalidated at each pull.
inline v1::Upstream AlwaysStale(v1::Upstream settings = Remembering({})) {
  settings.mutable_cache_policy()->mutable_tag_ttl()->set_nanos(1);
  return settings;
}

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_SEVERAL_UPSTREAMS_H_
