#ifndef TESTS_FAULTS_SCENE_H_
#define TESTS_FAULTS_SCENE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/fault.h"
#include "tests/faults/image.h"
#include "tests/faults/installation.h"
#include "tests/faults/seen.h"
#include "tests/support/bad_port.h"
#include "tests/support/upstream/drip.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/latch.h"

namespace cvr::testing {

enum class Asked { kTag, kDigest, kBlob };
enum class Cached { kNothing, kFresh, kStale };

// One row of the table: a registry with one upstream that fails.
class Scene {
 public:
  // `name` tells scenes apart. All must outlive it.
  Scene(Installation& installation, const Fault& fault, Asked asked,
        Cached cached, const std::string& name);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // Pulls, and tells what came of it. When something holds that must never
  // hold, it is in broken_laws(). `stored` is waited for a while, since a blob
  // is recorded a moment after its last byte was sent.
  Seen Pull(const std::string& stored);
  // Once the fault is over: whether the next pull works, in broken_laws().
  void Recover();
  const std::vector<std::string>& broken_laws() const { return broken_laws_; }

  // --- For faults.

  // What clients pull from, and another host that it may name.
  FakeRegistry& origin() { return *origin_; }
  FakeRegistry& elsewhere() { return elsewhere_; }
  // By another name, so that it is another host.
  std::string elsewhere_url() const;
  Asked asked() const { return asked_; }
  Cached cached() const { return cached_; }
  // What is asked for, and what the tag is moved to.
  const TestImage& image() const { return image_; }
  const TestImage& moved_image() const { return moved_; }

  // `/v2/library/app/manifests/stable`: what will be asked for first.
  std::string target() const;
  // What a good origin would send for it now.
  const std::string& true_bytes() const;
  // Every request for content, every GET of content is answered like this.
  void AnswerAll(const FakeAnswer& answer, int times = FakeRegistry::kAlways);
  void AnswerGets(const FakeAnswer& answer, int times = FakeRegistry::kAlways);
  // The tag becomes `image`'s.
  void MoveTag(const TestImage& image);
  // Nobody serves at the origin's port any more.
  void CloseOrigin(BadPort::Manner manner);
  // Changes the upstream's settings.
  void Update(const v1::Upstream& upstream, const std::string& field);
  // A pull of something else that succeeds, so that there is a token.
  void PullAnotherTag();
  // Has credentials for the upstream, which asks for them in exchange for
  // tokens.
  void UseCredentials(v1::Upstream& upstream);
  // For answers that drip.
  const std::shared_ptr<Drip>& drip() const { return drip_; }
  // Set when the client has its answer.
  Latch& answered() { return answered_; }

 private:
  std::string path() const;
  HttpResponse Get(const std::string& path) const;
  void CreateUpstream();
  void Warm();
  std::string Stored() const;
  std::string AwaitStored(const std::string& stored) const;
  std::string BodyOf(const HttpResponse& response);
  void CheckLaws(const HttpResponse& response);
  void Require(bool holds, const std::string& law);

  Installation& installation_;
  const Fault& fault_;
  const Asked asked_;
  const Cached cached_;
  const TestImage image_;
  const TestImage moved_;
  const std::unique_ptr<FakeRegistry> origin_;
  FakeRegistry elsewhere_;
  std::optional<BadPort> bad_port_;
  const std::shared_ptr<Drip> drip_ = std::make_shared<Drip>();
  Latch answered_;
  bool tag_is_moved_ = false;
  int64_t registry_id_ = 0;
  int64_t upstream_id_ = 0;
  std::vector<std::string> broken_laws_;
};

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_SCENE_H_
