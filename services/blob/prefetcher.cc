#include "services/blob/prefetcher.h"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/blob/parallel_work.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/concurrency/mutex.h"

namespace cvr {
namespace {

// A part that is cached now.
struct Pulled {
  Digest digest;
  int64_t fetched_bytes = 0;
  std::string manifest = {};  // Its bytes.
};

// One image that is being pulled. Used by the workers of one Run().
class ImagePull {
 public:
  ImagePull(Resolver& resolver, ContentSource& source,
            const Prefetcher::Image& image, RunningOperation& operation)
      : resolver_(resolver),
        source_(source),
        image_(image),
        operation_(operation) {}

  absl::StatusOr<v1::PrefetchImageResponse> Run();

 private:
  using Stream = std::unique_ptr<ContentStream>;

  void Work();
  // Blocks until there is a part to pull. Nothing when all are pulled, or it
  // does not matter any more.
  std::optional<ContentRef> Take();
  void Note(const ContentRef& part, const absl::StatusOr<Pulled>& pulled);

  absl::StatusOr<Pulled> Pull(const ContentRef& part);
  // Null when the bytes are not stored.
  absl::StatusOr<Stream> OpenStored(const ContentRef& part,
                                    const Resolution& resolution);
  absl::StatusOr<Pulled> Drain(const ContentRef& part, ContentStream& stream);

  void AddParts(absl::string_view manifest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the image that an index names is wanted.
  bool IsWanted(const ImagePart& part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Add(ContentRef part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckPlatforms() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Resolver& resolver_;
  ContentSource& source_;
  const Prefetcher::Image& image_;
  RunningOperation& operation_;
  std::stop_source stop_;  // Of all workers.

  Mutex mutex_;
  CondVar changed_;
  std::deque<ContentRef> waiting_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> seen_ ABSL_GUARDED_BY(mutex_);  // Relative paths.
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool saw_platforms_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<size_t> found_platforms_ ABSL_GUARDED_BY(mutex_);  // Places.
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  v1::PrefetchImageResponse response_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<v1::PrefetchImageResponse> ImagePull::Run() {
  const std::stop_callback leave(operation_.stop_token(), [this] {
    stop_.request_stop();
    MutexLock lock(&mutex_);
    if (failure_.ok()) failure_ = absl::CancelledError("prefetch cancelled");
    changed_.SignalAll();
  });
  {
    MutexLock lock(&mutex_);
    Add({image_.repository, image_.reference, ContentKind::kManifest});
  }
  WorkInParallel("prefetch", Prefetcher::kParallelMax, [this] { Work(); });
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(failure_);
  RETURN_IF_ERROR(CheckPlatforms());
  return response_;
}

void ImagePull::Work() {
  while (const auto part = Take()) Note(*part, Pull(*part));
}

std::optional<ContentRef> ImagePull::Take() {
  MutexLock lock(&mutex_);
  while (failure_.ok() && waiting_.empty() && busy_ > 0) {
    changed_.Wait(&mutex_);
  }
  if (!failure_.ok() || waiting_.empty()) return std::nullopt;
  ContentRef part = std::move(waiting_.front());
  waiting_.pop_front();
  ++busy_;
  return part;
}

void ImagePull::Note(const ContentRef& part,
                     const absl::StatusOr<Pulled>& pulled) {
  const bool is_manifest = part.kind == ContentKind::kManifest;
  {
    MutexLock lock(&mutex_);
    --busy_;
    if (pulled.ok()) {
      if (response_.digest().empty()) {
        response_.set_digest(pulled->digest.ToString());
      }
      int64_t fetched = response_.fetched_bytes() + pulled->fetched_bytes;
      response_.set_fetched_bytes(fetched);
      if (is_manifest) {
        response_.set_manifest_count(response_.manifest_count() + 1);
        AddParts(pulled->manifest);
      } else {
        response_.set_blob_count(response_.blob_count() + 1);
      }
    } else if (failure_.ok()) {
      failure_ = Annotate(pulled.status(), part.RelativePath());
    }
    changed_.SignalAll();
  }
  if (pulled.ok()) {
    operation_.Add(1, pulled->fetched_bytes);
  } else {
    stop_.request_stop();
  }
}

void ImagePull::AddParts(absl::string_view manifest) {
  for (const ImagePart& part : ReadImageParts(manifest)) {
    if (part.is_foreign || (part.is_manifest && !IsWanted(part))) continue;
    Add({image_.repository, Reference(part.digest),
         part.is_manifest ? ContentKind::kManifest : ContentKind::kBlob});
  }
}

bool ImagePull::IsWanted(const ImagePart& part) {
  if (image_.platforms.empty() || part.is_index) return true;
  saw_platforms_ = true;
  if (!part.platform) return false;
  bool is_wanted = false;
  for (size_t i = 0; i < image_.platforms.size(); ++i) {
    if (!image_.platforms[i].Matches(*part.platform)) continue;
    found_platforms_.insert(i);
    is_wanted = true;
  }
  return is_wanted;
}

void ImagePull::Add(ContentRef part) {
  if (!failure_.ok() || !seen_.insert(part.RelativePath()).second) return;
  if (seen_.size() > Prefetcher::kPartsMax) {
    failure_ = absl::ResourceExhaustedError(absl::StrCat(
        "the image has more than ", Prefetcher::kPartsMax, " parts"));
    return;
  }
  // Manifests first: they tell what else there is.
  if (part.kind == ContentKind::kManifest) {
    waiting_.push_front(std::move(part));
  } else {
    waiting_.push_back(std::move(part));
  }
  operation_.SetTotal(static_cast<int64_t>(seen_.size()));
}

absl::Status ImagePull::CheckPlatforms() {
  if (!saw_platforms_) return absl::OkStatus();  // Not an index.
  for (size_t i = 0; i < image_.platforms.size(); ++i) {
    if (found_platforms_.contains(i)) continue;
    return WithReason(
        absl::NotFoundError(absl::StrCat("the image index has no image for ",
                                         image_.platforms[i].ToString())),
        Reason::kManifestUnknown);
  }
  return absl::OkStatus();
}

absl::StatusOr<Pulled> ImagePull::Pull(const ContentRef& part) {
  ResolveRequest question = {image_.registry_id, part};
  question.caller = Caller::System();
  ASSIGN_OR_RETURN(const Resolution resolution, resolver_.Resolve(question));
  ASSIGN_OR_RETURN(Stream stream, OpenStored(part, resolution));
  if (stream == nullptr) {
    FetchRequest fetch = {part, resolution.plan};
    fetch.cancel = stop_.get_token();
    fetch.counts_as_pull = false;
    ASSIGN_OR_RETURN(stream, source_.Fetch(fetch));
  }
  const std::stop_callback leave(stop_.get_token(), [&] { stream->Cancel(); });
  return Drain(part, *stream);
}

absl::StatusOr<ImagePull::Stream> ImagePull::OpenStored(
    const ContentRef& part, const Resolution& resolution) {
  if (!resolution.hit) return nullptr;
  ReadRequest read = {resolution.hit->target.digest};
  read.header_only = part.kind == ContentKind::kBlob;
  read.repair = RepairPlan{part, resolution.plan};
  auto stream = source_.Read(read);
  if (absl::IsNotFound(stream.status()) || absl::IsDataLoss(stream.status())) {
    return nullptr;
  }
  return stream;
}

// The bytes of a blob are only read while they come, which keeps the fetch from
// running without a reader.
absl::StatusOr<Pulled> ImagePull::Drain(const ContentRef& part,
                                        ContentStream& stream) {
  const ContentHeader& header = stream.header();
  const bool is_manifest = part.kind == ContentKind::kManifest;
  Pulled pulled = {header.target.digest};
  if (header.cache_status == CacheStatus::kMiss) {
    pulled.fetched_bytes = static_cast<int64_t>(header.target.size_bytes);
  } else if (!is_manifest) {
    return pulled;
  }
  while (true) {
    ASSIGN_OR_RETURN(const Chunk chunk, stream.Next());
    if (chunk.empty()) return pulled;
    if (!is_manifest) continue;
    pulled.manifest.append(chunk.bytes().data(), chunk.size());
    if (pulled.manifest.size() > limits::kManifestBytesMax) {
      return absl::ResourceExhaustedError("the manifest is too large");
    }
  }
}

}  // namespace

absl::StatusOr<v1::PrefetchImageResponse> Prefetcher::Run(
    const Image& image, RunningOperation& operation) {
  return ImagePull(resolver_, source_, image, operation).Run();
}

}  // namespace cvr
