// What a refusal costs under the lock of all writers: finding what a manifest
// leads to, and taking it apart, in repositories of different sizes. The store
// is made under $TMPDIR or /tmp, and removed.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/reachability_tables.h"

namespace cvr {
namespace {

constexpr int kLayersPerManifest = 100;
constexpr int64_t kUpstream = 1;

// One repository of `digests` layers, which manifests name a hundred each.
class Repositories {
 public:
  explicit Repositories(int digests) {
    std::string path =
        (std::filesystem::temp_directory_path() / "cvr-bench.XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::abort();
    directory_ = path;
    auto store = RocksDbMetadataStore::Open(directory_ + "/store");
    if (!store.ok()) std::abort();
    store_ = *std::move(store);
    for (int i = 0; i < digests / kLayersPerManifest; ++i) Record(i);
  }
  ~Repositories() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  tables::ContentKey Manifest(int number) const {
    return {kUpstream, repository_,
            Digest::OfBytes(absl::StrCat("manifest ", number))};
  }

  // Manifest `number` is found, and names its layers.
  void Record(int number) {
    const tables::ContentKey manifest = Manifest(number);
    std::vector<Digest> layers;
    for (int i = 0; i < kLayersPerManifest; ++i) {
      layers.push_back(Digest::OfBytes(absl::StrCat(number, " ", i)));
    }
    Write([&](WriteTransaction& transaction) {
      const absl::Status found = supply::NoteFound(
          transaction, kUpstream, ContentOf(manifest), manifest.digest);
      return found.ok() ? supply::NoteNamed(transaction, manifest, layers,
                                            /*confirmed=*/true)
                        : found;
    });
  }

  // The upstream refuses the manifest: all that only it led to is deleted.
  void Refuse(int number) {
    const tables::ContentKey manifest = Manifest(number);
    Write([&](WriteTransaction& transaction) {
      return supply::Revoke(transaction, kUpstream, ContentOf(manifest),
                            nullptr);
    });
    bool more = true;
    while (more) {
      Write([&](WriteTransaction& transaction) {
        const absl::StatusOr<bool> left = supply::Unlink(transaction, manifest);
        more = left.ok() && *left;
        return left.status();
      });
    }
  }

  // What a manifest leads to, by the index.
  size_t CountByIndex(int number) const {
    size_t count = 0;
    Read([&](const ReadTransaction& transaction) {
      const auto links =
          tables::Links(transaction, Manifest(number), 2 * kLayersPerManifest);
      if (links.ok()) count = links->size();
      return links.status();
    });
    return count;
  }
  // The same by looking at all rows, as it would be without the index.
  size_t CountByScan(int number) const {
    const std::string name = Manifest(number).digest.ToString();
    size_t count = 0;
    Read([&](const ReadTransaction& transaction) {
      std::string cursor;
      const auto rows =
          tables::NextReachability(transaction, kUpstream, 1'000'000, cursor);
      if (!rows.ok()) return rows.status();
      for (const auto& [place, row] : *rows) {
        count +=
            std::count(row.manifests().begin(), row.manifests().end(), name);
      }
      return absl::OkStatus();
    });
    return count;
  }

 private:
  static ContentRef ContentOf(const tables::ContentKey& manifest) {
    return {manifest.repository, Reference(manifest.digest),
            ContentKind::kManifest};
  }

  void Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn) {
    if (!store_->Write(fn, Durability::kBuffered).ok()) std::abort();
  }
  void Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn) const {
    if (!store_->Read(fn).ok()) std::abort();
  }

  const Repository repository_ = *Repository::Parse("library/large");
  std::string directory_;
  std::unique_ptr<RocksDbMetadataStore> store_;
};

void FindLinksByIndex(benchmark::State& state) {
  const Repositories repositories(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    if (repositories.CountByIndex(0) != kLayersPerManifest) std::abort();
  }
}
BENCHMARK(FindLinksByIndex)->Arg(1'000)->Arg(10'000);

void FindLinksByScan(benchmark::State& state) {
  const Repositories repositories(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    if (repositories.CountByScan(0) != kLayersPerManifest) std::abort();
  }
}
BENCHMARK(FindLinksByScan)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);

void RefuseManifest(benchmark::State& state) {
  Repositories repositories(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    repositories.Refuse(0);
    state.PauseTiming();
    repositories.Record(0);
    state.ResumeTiming();
  }
}
BENCHMARK(RefuseManifest)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cvr

BENCHMARK_MAIN();
