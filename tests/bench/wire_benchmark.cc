// What a chunk costs on its way between processes.

#include <string>

#include "benchmark/benchmark.h"
#include "cvr/internal/v1/blob_service.pb.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/byte_buffer.h"
#include "services/common/chunk.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using ReadResponseTraits =
    grpc::SerializationTraits<internal::v1::ReadResponse>;

grpc::ByteBuffer Serialized(const internal::v1::ReadResponse& message) {
  grpc::ByteBuffer buffer;
  bool own_buffer = false;
  ReadResponseTraits::Serialize(message, &buffer, &own_buffer);
  return buffer;
}

// As an ordinary generated server does: one copy into the message, one out.
void SerializeChunk(benchmark::State& state) {
  const Chunk chunk = Chunk::OfString(std::string(limits::kChunkBytes, 'x'));
  for (auto _ : state) {
    internal::v1::ReadResponse message;
    message.set_data(chunk.bytes().data(), chunk.size());
    benchmark::DoNotOptimize(Serialized(message));
  }
  state.SetBytesProcessed(state.iterations() * chunk.size());
}
BENCHMARK(SerializeChunk);

// As an ordinary generated client does.
void ParseChunk(benchmark::State& state) {
  internal::v1::ReadResponse message;
  message.set_data(std::string(limits::kChunkBytes, 'x'));
  const grpc::ByteBuffer wire = Serialized(message);
  for (auto _ : state) {
    grpc::ByteBuffer received = wire;  // Parsing consumes it.
    internal::v1::ReadResponse parsed;
    const grpc::Status status =
        ReadResponseTraits::Deserialize(&received, &parsed);
    if (!status.ok() || parsed.data().size() != limits::kChunkBytes) {
      state.SkipWithError("not what was serialized");
      break;
    }
  }
  state.SetBytesProcessed(state.iterations() * limits::kChunkBytes);
}
BENCHMARK(ParseChunk);

void ShareChunk(benchmark::State& state) {
  const Chunk chunk = Chunk::OfString(std::string(limits::kChunkBytes, 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(chunk.Sub(16 << 10));
}
BENCHMARK(ShareChunk)->ThreadRange(1, 2);

}  // namespace
}  // namespace cvr

BENCHMARK_MAIN();
