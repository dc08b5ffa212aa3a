#include "services/blob/blob_flags.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/marshalling.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/policy/transfer_limits.h"
#include "services/process/byte_size.h"

namespace cvr {

// As DNS names of hosts.
constexpr size_t kInstanceCharsMax = 253;

// Of something that is never nothing: 1 to 100.
struct Percent {
  int value;
};

bool AbslParseFlag(absl::string_view text, Percent* percent,
                   std::string* error) {
  if (absl::ParseFlag(text, &percent->value, error) && percent->value >= 1 &&
      percent->value <= 100) {
    return true;
  }
  *error = "must be an integer from 1 to 100";
  return false;
}

std::string AbslUnparseFlag(const Percent& percent) {
  return absl::UnparseFlag(percent.value);
}

}  // namespace cvr

ABSL_FLAG(std::string, instance_name, "",
          "Name of this blob service in lists of fetches and upstream states. "
          "With several blob services, each needs its own. Default: the host "
          "name; in cvr-standalone: standalone.");
ABSL_FLAG(bool, allow_private_upstreams, false,
          "Allow connections to loopback and private IP addresses, for "
          "upstreams, their token services and redirects. Off by default, to "
          "protect against server-side request forgery (SSRF). Link-local and "
          "cloud metadata addresses are never allowed.");
ABSL_FLAG(absl::Duration, upstream_connect_timeout, absl::Seconds(10),
          "Timeout for connecting to an upstream, including DNS and the TLS "
          "handshake.");
ABSL_FLAG(absl::Duration, upstream_answer_timeout, absl::Seconds(30),
          "Timeout for the response headers of an upstream.");
ABSL_FLAG(absl::Duration, upstream_stall_timeout, absl::Seconds(30),
          "Read timeout for a response body. If an upstream sends no data for "
          "this long, the fetch is resumed with a new request.");
ABSL_FLAG(
    cvr::ByteSize, fetch_rate_min,
    cvr::ByteSize(cvr::limits::kDownloadBytesPerSecondMin),
    "Minimum rate of a response body that is fetched, in bytes per second, "
    "averaged over --upstream_stall_timeout. Time in which the blob "
    "service itself does not read is not counted. Below it, the fetch "
    "is resumed with a new request, a few times per 256 KiB.");
ABSL_FLAG(
    cvr::ByteSize, fetch_unread_rate_min,
    cvr::ByteSize(cvr::DownloadWatch::Options().unread_bytes_per_second_min),
    "Minimum rate in bytes per second of a fetch that no client reads any "
    "more. If it is slower for a minute, it is ended; the next pull resumes "
    "it. 0 = no minimum.");
ABSL_FLAG(cvr::ByteSize, fetch_window_bytes,
          cvr::ByteSize(cvr::EngineOptions().window_bytes),
          "Maximum buffer memory for one fetch, in bytes.");
ABSL_FLAG(cvr::ByteSize, fetch_window_bytes_total,
          cvr::ByteSize(cvr::EngineOptions().windows_bytes_total),
          "Maximum buffer memory for all fetches together, in bytes. When it "
          "is used up, each further fetch gets only about 512 KiB.");
ABSL_FLAG(cvr::ByteSize, detour_bytes,
          cvr::ByteSize(cvr::EngineOptions().detour_bytes),
          "If a client requests a range that starts at least this many bytes "
          "ahead of the fetch in progress, the range is fetched from the "
          "upstream with a separate request.");
ABSL_FLAG(int, fetches_max, cvr::EngineOptions().downloads_max,
          "Maximum number of concurrent fetches from upstreams. Further "
          "fetches are queued.");
ABSL_FLAG(int, fetches_per_upstream_max, 0,
          "Maximum number of concurrent fetches per upstream. 0 = a quarter of "
          "--fetches_max, so that a slow upstream cannot block the others.");
ABSL_FLAG(absl::Duration, probe_overlap_delay,
          cvr::EngineOptions().probe_overlap_delay,
          "How long to wait for an upstream's manifest response before also "
          "asking the next upstream. The order of the upstreams still decides "
          "which response is used. inf = never ask ahead.");
ABSL_FLAG(absl::Duration, refresh_interval,
          cvr::RefreshAhead::Options().interval,
          "Interval of the background revalidation of tags that are about to "
          "expire, for upstreams with refresh_ahead. 0 = off.");
ABSL_FLAG(absl::Duration, garbage_interval,
          cvr::GarbageCollector::Options().interval,
          "Garbage collection interval: how often blobs that no cache entry "
          "refers to after a purge or deletion are removed from disk.");
ABSL_FLAG(
    absl::Duration, reconcile_interval, cvr::BlobReconciler::Options().interval,
    "Interval at which all stored blobs are compared with the cache entries. "
    "Blobs that no cache entry refers to are deleted. Also done at startup.");
ABSL_FLAG(absl::Duration, reconcile_grace, cvr::BlobReconciler::Options().grace,
          "Blobs that were stored or used within this time are not deleted by "
          "the comparison of --reconcile_interval.");
ABSL_FLAG(cvr::ByteSize, max_bytes, cvr::ByteSize(0),
          "Maximum size of the blob store, for example 500G, including uploads "
          "in progress. Above it, the least recently used blobs are evicted "
          "until --low_watermark_percent is reached. 0 = no limit.");
ABSL_FLAG(cvr::Percent, low_watermark_percent,
          cvr::Percent{cvr::BlobEvictor::Bounds().low_percent},
          "Eviction target in percent of --max_bytes. A lower value makes "
          "evictions rarer but larger.");
ABSL_FLAG(cvr::ByteSize, min_free_bytes, cvr::ByteSize(uint64_t{256} << 20),
          "Minimum free disk space in bytes. Below it, blobs are evicted; if "
          "that is not enough, new content is not cached and is only streamed "
          "to the client. 0 = the disk may fill up.");

namespace cvr {

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
    return "blob";
  return name;
}

absl::Status CheckBlobFlags() {
  const std::string name = absl::GetFlag(FLAGS_instance_name);
  const bool is_plain = std::all_of(
      name.begin(), name.end(), [](char c) { return absl::ascii_isgraph(c); });
  if (is_plain && name.size() <= kInstanceCharsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--instance_name must have at most ", kInstanceCharsMax,
                   " visible ASCII characters"));
}

BlobProcess::Options BlobOptionsFromFlags(std::string directory,
                                          std::string default_instance) {
  BlobProcess::Options options;
  options.instance = absl::GetFlag(FLAGS_instance_name);
  if (options.instance.empty()) options.instance = std::move(default_instance);
  options.store.directory = std::move(directory);
  options.store.bounds.max_bytes = absl::GetFlag(FLAGS_max_bytes).bytes;
  options.store.bounds.low_percent =
      absl::GetFlag(FLAGS_low_watermark_percent).value;
  options.store.bounds.min_free_bytes =
      absl::GetFlag(FLAGS_min_free_bytes).bytes;
  options.upstream.allow_private_addresses =
      absl::GetFlag(FLAGS_allow_private_upstreams);
  options.upstream.connect_timeout =
      absl::GetFlag(FLAGS_upstream_connect_timeout);
  options.upstream.head_timeout = absl::GetFlag(FLAGS_upstream_answer_timeout);
  options.upstream.stall_timeout = absl::GetFlag(FLAGS_upstream_stall_timeout);
  options.upstream.stall_bytes_min = std::max<uint64_t>(
      1, static_cast<uint64_t>(
             absl::ToDoubleSeconds(options.upstream.stall_timeout) *
             static_cast<double>(absl::GetFlag(FLAGS_fetch_rate_min).bytes)));
  options.watch.unread_bytes_per_second_min =
      absl::GetFlag(FLAGS_fetch_unread_rate_min).bytes;
  options.engine.window_bytes = absl::GetFlag(FLAGS_fetch_window_bytes).bytes;
  options.engine.windows_bytes_total =
      absl::GetFlag(FLAGS_fetch_window_bytes_total).bytes;
  options.engine.detour_bytes = absl::GetFlag(FLAGS_detour_bytes).bytes;
  options.engine.probe_overlap_delay = absl::GetFlag(FLAGS_probe_overlap_delay);
  options.refresh.interval = absl::GetFlag(FLAGS_refresh_interval);
  options.refreshes_ahead = options.refresh.interval > absl::ZeroDuration();
  options.garbage.interval =
      std::max(absl::Milliseconds(1), absl::GetFlag(FLAGS_garbage_interval));
  options.reconciler.retry_interval = options.garbage.interval;
  options.reconciler.interval =
      std::max(absl::Milliseconds(1), absl::GetFlag(FLAGS_reconcile_interval));
  options.reconciler.grace = absl::GetFlag(FLAGS_reconcile_grace);
  options.engine.downloads_max = std::max(1, absl::GetFlag(FLAGS_fetches_max));
  options.engine.downloads_per_upstream_max =
      std::max(0, absl::GetFlag(FLAGS_fetches_per_upstream_max));
  return options;
}

}  // namespace cvr
