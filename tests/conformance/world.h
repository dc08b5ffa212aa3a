#ifndef TESTS_CONFORMANCE_WORLD_H_
#define TESTS_CONFORMANCE_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

// A registry to be judged, cvr-standalone with one upstream that holds known
// content, and what to judge it by. It is set up over its administration and
// judged over HTTP alone.
class World {
 public:
  struct Content {
    std::string digest;
    std::string bytes;
  };

  // Fails the test when it does not come up.
  World();

  // `<name>` of the specification, of the repository that has everything.
  static std::string Name();
  // One that the upstream does not have.
  static std::string UnknownName();

  // `target` begins with `/v2/`.
  HttpResponse Request(const std::string& method, const std::string& target,
                       const std::vector<std::string>& headers = {}) const {
    return HttpRequest(method, server_->http(), target, headers);
  }
  HttpResponse Get(const std::string& target,
                   const std::vector<std::string>& headers = {}) const {
    return Request("GET", target, headers);
  }

  // The header of one who may see everything; others are not told what does not
  // exist.
  std::vector<std::string> Credentials() const;

  static std::string ManifestTarget(const std::string& reference) {
    return "/v2/" + Name() + "/manifests/" + reference;
  }
  static std::string BlobTarget(const std::string& digest) {
    return "/v2/" + Name() + "/blobs/" + digest;
  }
  static std::string TagsTarget(const std::string& query = "") {
    return "/v2/" + Name() + "/tags/list" + query;
  }
  static std::string ReferrersTarget(const std::string& digest,
                                     const std::string& query = "") {
    return "/v2/" + Name() + "/referrers/" + digest + query;
  }

  // Of the server.
  std::string Log() const { return server_->Log(); }

  // An image with the tag kImageTag and its longest, and an index of it.
  static constexpr char kImageTag[] = "v1";
  static constexpr char kIndexTag[] = "index";
  // As long as tags may be.
  static std::string LongestTag();
  const Content& image() const { return image_; }
  const Content& index() const { return index_; }
  // Of the image; the first is a layer of 100 000 bytes.
  const std::vector<Content>& blobs() const { return blobs_; }

  // All tags, in no order. Some differ in case alone.
  static std::vector<std::string> Tags();
  // Two manifests refer to the image: one of each type, in this order. To the
  // index one does, of the latter type: the upstream says so by its tag alone.
  static constexpr char kSbomType[] = "application/spdx+json";
  static constexpr char kSignatureType[] = "application/vnd.example.sig";
  // A digest that no manifest and no blob has.
  static std::string UnknownDigest();
  // A blob whose digest, sha512, the upstream knows.
  const Content& sha512_blob() const { return sha512_blob_; }
  // It is cached, was true for a moment, and the upstream fails to confirm it.
  static constexpr char kStaleTag[] = "stale";
  // The upstream answers 429 to it, and may then be left alone for a while: to
  // be asked for last.
  static constexpr char kLimitedTag[] = "limited";
  // The host that the upstream stands for.
  static constexpr char kNamespace[] = "conformance.example";

 private:
  std::string Secret() const;
  void AddImage();
  void AddLists();
  void Start();
  void SetUpUpstream();
  void MakeStale();

  FakeRegistry upstream_;
  const ScratchDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  Content image_;
  Content index_;
  std::vector<Content> blobs_;
  const Content sha512_blob_;
};

}  // namespace cvr::testing

#endif  // TESTS_CONFORMANCE_WORLD_H_
