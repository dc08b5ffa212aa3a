// Upstreams of one tenant that hold whatever waits for them.
#include "absl/strings/str_cat.h"
#include "tests/isolation/noisy_neighbour.h"
#include "tests/isolation/secret.h"

namespace cvr::testing {
namespace {

// Several times what any pool of the system holds for requests or downloads.
constexpr int kClientsPerSource = 100;
constexpr int kSources = 3;

std::string ManifestPath(int i) {
  return absl::StrCat("app/manifests/tag-", i);
}

std::string BlobPath(int i) {
  return absl::StrCat("app/blobs/",
                      Digest::OfBytes(absl::StrCat(i)).ToString());
}

// Waits until the first of his upstreams is asked. Whether the others ever are,
// is a matter of his share.
void AwaitFirst(int number, FakeRegistry& fake) {
  if (number == 0) fake.AwaitRequests({});
}

// Everything that his upstreams are asked is answered so, and they are asked
// for much.
void PullFromAll(NoisyNeighbour& neighbour, const FakeAnswer& answer,
                 std::string (*path)(int)) {
  for (int i = 0; i < kSources; ++i) {
    NoisyNeighbour::Source& source = neighbour.AddSource();
    source.fake.Answer({}, answer, FakeRegistry::kAlways);
    for (int k = 0; k < kClientsPerSource; ++k) {
      neighbour.Pull(source, path(1000 * i + k));
    }
    AwaitFirst(i, source.fake);
  }
}

FakeAnswer Never(NoisyNeighbour& neighbour) {
  FakeAnswer answer;
  answer.gate = neighbour.NewGate();
  return answer;
}

// A head and eight bytes; more only when the drip allows.
FakeAnswer Trickle(NoisyNeighbour& neighbour,
                   const std::shared_ptr<Drip>& drip) {
  FakeAnswer answer = FakeAnswer::Status(200, {}, std::string(1 << 20, 'x'));
  answer.drip = drip;
  answer.drip_at_byte = 8;
  (void)neighbour;
  return answer;
}

void HangTokens(NoisyNeighbour& neighbour) {
  for (int i = 0; i < kSources; ++i) {
    NoisyNeighbour::Source& tokens = neighbour.AddSource();
    NoisyNeighbour::Source& source = neighbour.AddSource();
    source.fake.RequireBearer({.token_service = &tokens.fake});
    tokens.fake.Answer({}, Never(neighbour), FakeRegistry::kAlways);
    for (int k = 0; k < kClientsPerSource; ++k) {
      neighbour.Pull(source, ManifestPath(k));
    }
    AwaitFirst(i, tokens.fake);
  }
}

void FallIntoBlackHoles(NoisyNeighbour& neighbour) {
  for (int i = 0; i < kSources; ++i) {
    NoisyNeighbour::Source& source = neighbour.AddBlackHole();
    for (int k = 0; k < kClientsPerSource; ++k) {
      neighbour.Pull(source, k % 2 == 0 ? ManifestPath(k) : BlobPath(k));
    }
  }
}

}  // namespace

std::vector<Trouble> UpstreamTroubles() {
  return {
      {"heads of manifests never come",
       [](NoisyNeighbour& n) { PullFromAll(n, Never(n), ManifestPath); }},
      {"heads of blobs never come",
       [](NoisyNeighbour& n) { PullFromAll(n, Never(n), BlobPath); }},
      {"blobs stop after eight bytes",
       [](NoisyNeighbour& n) {
         PullFromAll(n, Trickle(n, n.NewDrip()), BlobPath);
       }},
      {"manifests stop after eight bytes",
       [](NoisyNeighbour& n) {
         PullFromAll(n, Trickle(n, n.NewDrip()), ManifestPath);
       }},
      {"the token service hangs", HangTokens},
      {"connecting takes for ever", FallIntoBlackHoles},
      {"a storm of 429",
       [](NoisyNeighbour& n) {
         PullFromAll(n, FakeAnswer::Status(429, {{"Retry-After", "1"}}),
                     ManifestPath);
       }},
      {"many clients on one blob that stops",
       [](NoisyNeighbour& n) {
         NoisyNeighbour::Source& source = n.AddSource();
         source.fake.Answer({}, Trickle(n, n.NewDrip()), FakeRegistry::kAlways);
         for (int i = 0; i < 1100; ++i) n.Pull(source, BlobPath(0));
         source.fake.AwaitRequests({});
       }},
  };
}

}  // namespace cvr::testing
