#include <string>
#include <vector>

#include "tests/conformance/expectations.h"
#include "tests/conformance/requirement.h"

namespace cvr::testing {
namespace {

constexpr char kPull[] = "Pulling blobs";
constexpr char kExist[] = "Checking if content exists in the registry";

const std::string& Layer(const World& world) { return world.blobs()[0].bytes; }

std::string LayerTarget(const World& world) {
  return World::BlobTarget(world.blobs()[0].digest);
}

std::string EveryBlob(const World& world) {
  std::vector<std::string> problems;
  for (const World::Content& blob : world.blobs()) {
    const auto reply = world.Get(World::BlobTarget(blob.digest));
    problems.push_back(Status(reply, 200));
    problems.push_back(Body(reply, blob.bytes));
  }
  return FirstOf(problems);
}

std::string HasItsDigest(const World& world) {
  const std::string digest = world.blobs()[0].digest;
  return FirstOf(
      {Header(world.Get(LayerTarget(world)), "Docker-Content-Digest", digest),
       Header(world.Request("HEAD", LayerTarget(world)),
              "Docker-Content-Digest", digest)});
}

std::string UnknownIs404(const World& world, const char* method) {
  const std::string digest = World::UnknownDigest();
  return FirstOf({Status(world.Request(method, World::BlobTarget(digest)), 404),
                  Status(world.Request(method, "/v2/" + World::UnknownName() +
                                                   "/blobs/" + digest),
                         404)});
}

// Access is by repository: knowing a digest is not enough.
std::string BelongsToItsRepository(const World& world) {
  const std::string digest = world.blobs()[0].digest;
  world.Get(LayerTarget(world));
  return Status(world.Get("/v2/" + World::UnknownName() + "/blobs/" + digest),
                404);
}

std::string Sha512Works(const World& world) {
  const auto& [digest, bytes] = world.sha512_blob();
  const auto reply = world.Get(World::BlobTarget(digest));
  return FirstOf({Status(reply, 200), Body(reply, bytes),
                  Header(reply, "Docker-Content-Digest", digest)});
}

std::string RangesAreServed(const World& world) {
  const std::string size = std::to_string(Layer(world).size());
  const auto part = world.Get(LayerTarget(world), {"Range: bytes=10-19"});
  const auto tail = world.Get(LayerTarget(world), {"Range: bytes=-5"});
  const auto rest = world.Get(LayerTarget(world), {"Range: bytes=99990-"});
  return FirstOf({Status(part, 206), Body(part, Layer(world).substr(10, 10)),
                  Header(part, "Content-Range", "bytes 10-19/" + size),
                  Status(tail, 206),
                  Body(tail, Layer(world).substr(Layer(world).size() - 5)),
                  Status(rest, 206), Body(rest, Layer(world).substr(99'990))});
}

std::string RangesPastTheEndAre416(const World& world) {
  const auto reply = world.Get(LayerTarget(world), {"Range: bytes=100000-"});
  return FirstOf(
      {Status(reply, 416), Header(reply, "Content-Range", "bytes */100000")});
}

std::string HeadIsLikeGet(const World& world) {
  const auto head = world.Request("HEAD", LayerTarget(world));
  return FirstOf({Status(head, 200), Body(head, "")});
}

std::string HeadHasTheLength(const World& world) {
  return Header(world.Request("HEAD", LayerTarget(world)), "Content-Length",
                std::to_string(Layer(world).size()));
}

}  // namespace

std::vector<Requirement> BlobRequirements() {
  return {
      {kPull, Level::kMust, Level::kMust,
       "a blob is answered to its digest with 200 and its exact bytes",
       EveryBlob},
      {kPull, Level::kShould, Level::kMust,
       "Docker-Content-Digest is the digest of the bytes, on GET and HEAD",
       HasItsDigest},
      {kPull, Level::kMay, Level::kMay,
       "a blob may have a sha512 digest, which its answer repeats",
       Sha512Works},
      {kPull, Level::kMust, Level::kMust, "an unknown blob is 404",
       [](const World& world) { return UnknownIs404(world, "GET"); }},
      {kPull, Level::kMust, Level::kMust,
       "a blob is not found in a repository that does not have it",
       BelongsToItsRepository},
      {kPull, Level::kShould, Level::kShould,
       "a Range is answered with 206 and that part", RangesAreServed},
      {kPull, Level::kShould, Level::kShould,
       "a Range past the end is answered with 416 and the size",
       RangesPastTheEndAre416},
      {kExist, Level::kMust, Level::kMust,
       "HEAD of a blob is 200 without a body", HeadIsLikeGet},
      {kExist, Level::kMust, Level::kMust, "HEAD of an unknown blob is 404",
       [](const World& world) { return UnknownIs404(world, "HEAD"); }},
      {kExist, Level::kShould, Level::kShould,
       "HEAD of a blob states its length", HeadHasTheLength},
  };
}

}  // namespace cvr::testing
