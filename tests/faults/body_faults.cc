// Bodies that are not what the head says, or not what the digest says.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/faults/fault.h"
#include "tests/faults/gzip.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

constexpr uint64_t kMiddleOfABlob = 300'000;
constexpr uint64_t kMiddleOfAManifest = 100;

uint64_t Middle(const Scene& scene) {
  return scene.asked() == Asked::kBlob ? kMiddleOfABlob : kMiddleOfAManifest;
}

// The tag has moved, so that a body is asked for at all.
Fault BodyFault(std::string name) {
  return {.name = std::move(name), .moves_tag = true};
}

// Bodies of manifests are asked for once. `stale` is what the tag comes to.
void ManifestsAre(Fault& fault, const Seen& seen) {
  fault.cold_tag = fault.cold_digest = seen;
  fault.stale_tag = ServedStale(2);
}

std::string WithALastByteFlipped(std::string bytes) {
  bytes.back() ^= 1;
  return bytes;
}

FakeAnswer OfBody(std::string body) {
  FakeAnswer answer;
  answer.body = std::move(body);
  return answer;
}

// Which breaks off in the middle, once: the rest can be had.
void BreakOnce(Scene& scene, const FakeAnswer& rest) {
  FakeAnswer broken;
  broken.reset_at_byte = Middle(scene);
  scene.AnswerGets(broken, 1);
  scene.AnswerGets(rest);
}

void DripWhileAsked(Scene& scene) {
  while (!scene.answered().WaitFor(absl::Milliseconds(200))) {
    scene.drip()->Allow(1);
  }
}

// Bodies that stop before their end.
std::vector<Fault> BrokenBodies() {
  std::vector<Fault> faults;

  Fault reset = BodyFault("a reset in mid-body, once");
  reset.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.reset_at_byte = Middle(scene);
    scene.AnswerGets(answer, 1);
  };
  ManifestsAre(reset, Unavailable(1));
  reset.cold_blob = Fetched("blob", 2);
  faults.push_back(reset);

  Fault truncated = BodyFault("a body that ends early, once");
  truncated.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.truncate_at_byte = Middle(scene);
    scene.AnswerGets(answer, 1);
  };
  ManifestsAre(truncated, Unavailable(1));
  truncated.cold_blob = Fetched("blob", 2);
  faults.push_back(truncated);

  // Four attempts in a row that gain nothing are enough.
  Fault always = BodyFault("a body that always ends early, Range ignored");
  always.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.truncate_at_byte = Middle(scene);
    answer.ignore_range = true;
    scene.AnswerGets(answer);
  };
  ManifestsAre(always, Unavailable(1));
  always.cold_blob = CutShort(4);
  faults.push_back(always);

  Fault slow = BodyFault("a body that trickles, once");
  slow.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.drip = scene.drip();
    answer.drip_at_byte = Middle(scene);
    scene.AnswerGets(answer, 1);
  };
  slow.during = DripWhileAsked;
  ManifestsAre(slow, Unavailable(1));
  slow.cold_blob = Fetched("blob", 2);
  faults.push_back(slow);

  Fault ignored = BodyFault("a reset, then Range is ignored");
  ignored.begin = [](Scene& scene) {
    FakeAnswer rest;
    rest.ignore_range = true;
    BreakOnce(scene, rest);
  };
  ignored.cold_blob = Fetched("blob", 2);
  faults.push_back(ignored);

  Fault total = BodyFault("a reset, then 206 of another total");
  total.begin = [](Scene& scene) {
    FakeAnswer rest;
    const size_t size = scene.true_bytes().size();
    rest.headers = {
        {"Content-Range", absl::StrCat("bytes ", kMiddleOfABlob, "-", size - 1,
                                       "/", size + 10)}};
    BreakOnce(scene, rest);
  };
  total.cold_blob = CutShort(2);
  faults.push_back(total);
  return faults;
}

// Bodies that are not what they should be.
std::vector<Fault> OtherBodies() {
  std::vector<Fault> faults;

  Fault wrong = BodyFault("wrong bytes");
  wrong.begin = [](Scene& scene) {
    scene.AnswerGets(OfBody(WithALastByteFlipped(scene.true_bytes())));
  };
  ManifestsAre(wrong, Invalid(1));
  wrong.cold_blob = CutShort(1);
  faults.push_back(wrong);

  Fault empty = BodyFault("no bytes");
  empty.begin = [](Scene& scene) { scene.AnswerGets(OfBody("")); };
  ManifestsAre(empty, Invalid(1));
  empty.cold_blob = Invalid(1);
  faults.push_back(empty);

  Fault less = BodyFault("a Content-Length smaller than the body");
  less.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.headers = {{"Content-Length", absl::StrCat(Middle(scene))}};
    scene.AnswerGets(answer);
  };
  ManifestsAre(less, Invalid(1));
  less.cold_blob = CutShort(1);
  faults.push_back(less);

  Fault more = BodyFault("a Content-Length larger than the body");
  more.begin = [](Scene& scene) {
    const size_t size = scene.true_bytes().size();
    FakeAnswer answer;
    answer.headers = {{"Content-Length", absl::StrCat(size + 10)}};
    answer.truncate_at_byte = size;
    scene.AnswerGets(answer);
  };
  ManifestsAre(more, Unavailable(1));
  more.cold_blob = CutShort(2);
  faults.push_back(more);

  Fault chunked = BodyFault("chunked, without a length");
  chunked.moves_tag = false;
  chunked.begin = [](Scene& scene) {
    FakeAnswer answer;
    answer.chunked = true;
    scene.AnswerGets(answer);
  };
  chunked.cold_tag = Fetched("tag", 1);
  chunked.cold_digest = Fetched("digest", 1);
  chunked.cold_blob = Fetched("blob", 1);
  chunked.stale_tag = Revalidated(1);
  faults.push_back(chunked);

  Fault gzip = BodyFault("encoded with gzip");
  gzip.begin = [](Scene& scene) {
    FakeAnswer answer = OfBody(Gzipped(scene.true_bytes()));
    answer.headers = {{"Content-Encoding", "gzip"}};
    scene.AnswerGets(answer);
  };
  ManifestsAre(gzip, Invalid(1));
  gzip.cold_blob = CutShort(1);
  // The digest that HEAD names, and the tag itself.
  gzip.stale_tag = ServedStale(3);
  faults.push_back(gzip);
  return faults;
}

}  // namespace

std::vector<Fault> BodyFaults() {
  std::vector<Fault> faults = BrokenBodies();
  for (Fault& fault : OtherBodies()) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace cvr::testing
