// What can be wrong with manifests and with what is said of them.
#include <memory>
#include <string>
#include <utility>

#include "tests/faults/fault.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

constexpr size_t kManifestBytesMax = 4 * 1048 * 1048;

// That is another one's, and of which the upstream knows nothing.
std::string MadeUpDigest() { return Digest::OfBytes("nothing").ToString(); }

Fault ManifestFault(std::string name, FakeAnswer answer) {
  Fault fault;
  fault.name = std::move(name);
  fault.moves_tag = true;
  fault.begin = [answer = std::move(answer)](Scene& scene) {
    scene.AnswerGets(answer);
  };
  fault.cold_tag = fault.cold_digest = Invalid(1);
  fault.stale_tag = ServedStale(2);
  return fault;
}

FakeAnswer OfBody(std::string body) {
  FakeAnswer answer;
  answer.body = std::move(body);
  // Nothing but the body itself shall give it away.
  answer.without_headers = {"Docker-Content-Digest"};
  return answer;
}

std::string HugeManifest() {
  return "{\"annotations\":{\"a\":\"" + std::string(kManifestBytesMax, 'a') +
         "\"}}";
}

Fault MovesBetweenHeadAndGet() {
  Fault fault;
  fault.name = "the tag moves between HEAD and GET";
  fault.begin = [](Scene& scene) {
    FakeAnswer head;
    head.headers = {{"Docker-Content-Digest", MadeUpDigest()}};
    scene.origin().Answer({"HEAD", ""}, head, 1);
    scene.MoveTag(scene.moved_image());
  };
  // By the digest that is gone by then, and by the tag once more.
  fault.stale_tag = Moved(3);
  return fault;
}

}  // namespace

std::vector<Fault> ManifestFaults() {
  std::vector<Fault> faults;

  Fault moved;
  moved.name = "no fault: the tag has moved";
  moved.moves_tag = true;
  moved.cold_tag = Fetched("tag", 1);
  moved.cold_digest = Fetched("digest", 1);
  moved.cold_blob = Fetched("blob", 1);
  moved.stale_tag = Moved(2);
  faults.push_back(moved);
  faults.push_back(MovesBetweenHeadAndGet());

  Fault no_head;
  no_head.name = "HEAD is refused with 405";
  no_head.moves_tag = true;
  no_head.begin = [](Scene& scene) {
    scene.origin().Answer({"HEAD", ""}, FakeAnswer::Status(405),
                          FakeRegistry::kAlways);
  };
  no_head.cold_tag = Fetched("tag", 1);
  no_head.cold_digest = Fetched("digest", 1);
  no_head.cold_blob = Fetched("blob", 1);
  no_head.stale_tag = Moved(2);
  faults.push_back(no_head);

  Fault silent = no_head;
  silent.name = "no Docker-Content-Digest";
  silent.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.without_headers = {"Docker-Content-Digest", "ETag"};
    scene.AnswerAll(answer);
  };
  faults.push_back(silent);

  Fault lying = no_head;
  lying.name = "a Docker-Content-Digest that is another's";
  lying.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.headers = {{"Docker-Content-Digest", MadeUpDigest()}};
    scene.AnswerAll(answer);
  };
  lying.cold_tag = lying.cold_digest = Invalid(1);
  lying.stale_tag = ServedStale(3);
  faults.push_back(lying);

  Fault garbled = no_head;
  garbled.name = "a Docker-Content-Digest that is none";
  garbled.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.headers = {{"Docker-Content-Digest", "sha256:xyz"}};
    scene.AnswerAll(answer);
  };
  garbled.cold_tag = garbled.cold_digest = Invalid(1);
  garbled.stale_tag = ServedStale(2);
  faults.push_back(garbled);

  FakeAnswer huge_in_chunks = OfBody(HugeManifest());
  huge_in_chunks.chunked = true;
  for (Fault huge : {ManifestFault("a manifest of more than 4393216 bytes",
                                   OfBody(HugeManifest())),
                     ManifestFault("the same, chunked", huge_in_chunks)}) {
    // The digest that HEAD names, and the tag itself.
    huge.stale_tag = ServedStale(3);
    faults.push_back(std::move(huge));
  }
  faults.push_back(
      ManifestFault("malformed JSON", OfBody("{\"schemaVersion\":2,")));
  FakeAnswer page = OfBody("<html>Please log in.</html>");
  page.headers = {{"Content-Type", "text/html"}};
  faults.push_back(ManifestFault("a web page", std::move(page)));
  return faults;
}

}  // namespace cvr::testing
