// How fast downloads can be verified.

#include <cstdint>
#include <string>

#include "benchmark/benchmark.h"
#include "services/common/digest.h"

namespace cvr {
namespace {

void HashChunks(benchmark::State& state, DigestAlgorithm algorithm) {
  const std::string chunk(state.range(0), 'x');
  DigestHasher hasher(algorithm);
  for (auto _ : state) hasher.Update(chunk);
  benchmark::DoNotOptimize(hasher.Current());
  state.SetBytesProcessed(state.iterations() * chunk.size());
}
BENCHMARK_CAPTURE(HashChunks, sha256, DigestAlgorithm::kSha256)
    ->Arg(16 << 10)
    ->Arg(256 << 10);
BENCHMARK_CAPTURE(HashChunks, sha512, DigestAlgorithm::kSha512)->Arg(256 << 10);

void DigestOfSmallContent(benchmark::State& state) {
  const std::string manifest(state.range(0), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Digest::OfBytes(manifest));
  state.SetBytesProcessed(state.iterations() * manifest.size());
}
BENCHMARK(DigestOfSmallContent)->Arg(1 << 10)->Arg(64 << 10);

void ParseDigest(benchmark::State& state) {
  const std::string text = Digest::OfBytes("x").ToString();
  for (auto _ : state) benchmark::DoNotOptimize(Digest::Parse(text));
}
BENCHMARK(ParseDigest);

void FormatDigest(benchmark::State& state) {
  const Digest digest = Digest::OfBytes("x");
  for (auto _ : state) benchmark::DoNotOptimize(digest.ToString());
}
BENCHMARK(FormatDigest);

}  // namespace
}  // namespace cvr

BENCHMARK_MAIN();
