#ifndef SERVICES_COMMON_LIMITS_H_
#define SERVICES_COMMON_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Every fixed bound of the system, with the unit as the last word of its name
// and the reason for its value. Bounds that an operator may want to change are
// flags; their defaults are here.
namespace cvr::limits {

// Unit of storage, of verification and of reading ahead: large enough that the
// cost per chunk vanishes, small enough to hold many in memory.
inline constexpr size_t kChunkBytes = 256 * 1024;

// Maximum size of a manifest. containerd refuses larger ones, so they could not
// be pulled anyway. The factors 1048 (sic) are those of its MaxManifestSize.
inline constexpr size_t kManifestBytesMax = 4 * 1048 * 1048;

// Content up to this size lives in the blob's record instead of in chunks.
inline constexpr size_t kInlineBlobBytesMax = 64 * 1024;

// Maximum size of a blob: larger than any layer in use, and small enough that
// chunk numbers fit into 32 bits.
inline constexpr uint64_t kBlobBytesMax = uint64_t{1} << 40;

// OCI distribution-spec, "Pulling manifests": tags have at most 128 characters.
inline constexpr size_t kTagCharsMax = 128;

// Many clients cap host/name at 255 characters in all.
inline constexpr size_t kRepositoryCharsMax = 255;

// Maximum number of path components in `<group>/<name>` of a registry. Looking
// a registry up costs one read for each component that a client sends. GitLab
// nests groups up to twenty deep.
inline constexpr size_t kRegistryPathPartsMax = 21;

// relative_path of a cache entry: repository, kind and a sha512 digest fit.
inline constexpr size_t kRelativePathBytesMax = 1024;

inline constexpr size_t kNameCharsMax = 255;
inline constexpr size_t kDescriptionCharsMax = 1024;
inline constexpr size_t kUrlCharsMax = 255;
inline constexpr size_t kCredentialCharsMax = 510;
inline constexpr size_t kMediaTypeCharsMax = 255;
inline constexpr size_t kEtagCharsMax = 255;

// Settings of one upstream. A CA bundle holds a few hundred certificates; the
// lists of hosts are read on every pull.
inline constexpr size_t kPemBytesMax = 1024 * 1024;
inline constexpr int kHostsPerUpstreamMax = 32;

// Pull rules of one upstream: every pull matches them one after another.
inline constexpr size_t kPatternCharsMax = 255;
inline constexpr int kRulesPerUpstreamMax = 100;
inline constexpr int kTagTtlOverridesPerUpstreamMax = 32;

// Defaults of an upstream's settings.
inline constexpr int kTagsValiditySecondsDefault = 60;
inline constexpr int kReferrersValiditySecondsDefault = 300;
inline constexpr int kNotFoundSecondsDefault = 60;
inline constexpr int kRefusedSecondsDefault = 30;
inline constexpr int kConcurrentRequestsDefault = 64;
inline constexpr int kFailuresToOpenDefault = 5;
inline constexpr int kCircuitOpenSecondsDefault = 30;
inline constexpr int kRateReservePercentDefault = 10;
inline constexpr int kConcurrentRequestsMax = 1000;
inline constexpr int kFailuresToOpenMax = 1000;
inline constexpr int kCircuitOpenSecondsMin = 1;
inline constexpr int kCircuitOpenSecondsMax = 3600;

// The duration that stands for for ever: google/protobuf/duration.proto has no
// longer one.
inline constexpr int64_t kForEverSeconds = 315'576'000'000;

// Credentials of upstreams that the blob service keeps. A certificate bundle
// has up to a megabyte. A plan from before a change of credentials goes on with
// the old ones for so long at most.
inline constexpr size_t kCachedAccessesMax = 256;
inline constexpr size_t kCachedAccessBytesMax = 16 * 1024 * 1024;
inline constexpr int kCachedAccessSeconds = 60;

// Lists that upstreams send, all pages together: repositories with a hundred
// thousand tags exist.
inline constexpr size_t kTagsMax = 1'000'000;
inline constexpr size_t kListBytesMax = 32 * 1024 * 1024;
inline constexpr int kListPagesMax = 10'000;

// Maximum number of ranges in one request: partial pulls of podman and CRI-O
// send as many. The ranges are streamed one after another, never in parallel.
inline constexpr size_t kRangesPerRequestMax = 1024;

// Maximum number of repositories that one bearer token gives access to. Clients
// request one, or two to mount a blob. The token is sent with every request, so
// it must stay short.
inline constexpr size_t kTokenAccessMax = 32;

// Maximum number of redirects that one request to an upstream follows;
// registries need two.
inline constexpr int kRedirectsMax = 5;

// Maximum size of a token service's response; real ones have a few KiB.
inline constexpr size_t kTokenAnswerBytesMax = 256 * 1024;

// Maximum number of digests in one call to the metadata service that deletes
// or looks up their cache entries.
inline constexpr size_t kForgottenDigestsMax = 512;

// Maximum number of identities in one FindPossessing() call: two for each
// upstream of the longest useful fetch plan. Each costs one lookup.
inline constexpr size_t kIdentitiesAskedMax = 256;

// Maximum number of upstreams in one CheckUpstreams() call: several times the
// number of concurrent downloads.
inline constexpr size_t kCheckedUpstreamsMax = 1000;

// Approximate number of rows that one write transaction of the metadata service
// puts or deletes. All other writers wait for it, so it must take a few
// milliseconds only; larger changes are split into several transactions.
inline constexpr int kRowsPerTransaction = 500;

// Maximum number of digests of a manifest for which links are stored: the first
// ones. Images have at most 127 layers and indexes a few dozen manifests, but
// 4 MiB could contain 30 000 digests. For a digest without a link the upstream
// is asked when a client pulls it.
inline constexpr size_t kReferencesPerManifestMax = 1000;

// Maximum number of rows that a search for a tag that leads to a digest visits.
// After that the digest counts as not reached: images are only two links deep,
// and a pull waits for the result.
inline constexpr int kReachVisitedMax = 1000;

// Maximum number of cache entries and of reachability rows of one upstream, so
// that an upstream cannot fill the metadata service's disk. An entry with its
// indexes takes about 1 KiB, so a million take 1 GiB; large deployments have
// about 100 000 per upstream. There are more reachability rows, because the
// layers of manifests that were fetched but not pulled have one, too.
inline constexpr int64_t kEntriesPerUpstreamDefault = 1'000'000;
inline constexpr int64_t kReachablePerUpstreamMax = 4'000'000;
// Maximum number of negative cache entries of one upstream. They expire after a
// minute, but a client that guesses names creates one with each request.
inline constexpr int64_t kNegativeEntriesPerUpstreamMax = 100'000;

// Cleanup policies: the values of the reference product.
inline constexpr int kCleanupKeepDaysMax = 365;
inline constexpr int kCleanupKeepDaysDefault = 30;
inline constexpr int kCleanupRunIntervalDaysDefault = 7;
inline constexpr size_t kFailureMessageBytesMax = 255;

// Maximum number of cache entries that one transaction of a cleanup deletes;
// each touches about fifteen rows.
inline constexpr size_t kCleanupBatchEntriesMax = 40;

// Page size of lists in the administration API: default and maximum.
inline constexpr int kPageSizeDefault = 100;
inline constexpr int kPageSizeMax = 1000;

// The group that always exists.
inline constexpr char kDefaultGroup[] = "default";

// What stands for all groups that the caller may see, where a list asks for
// one. No group can have the name.
inline constexpr char kAllGroups[] = "-";

// Cache entries that one BatchDeleteCacheEntries names.
inline constexpr int kBatchedEntriesMax = 1000;

// Runs of a group's cleanup policy that are kept: a year of daily ones would
// tell nobody more.
inline constexpr int kCleanupRunsMax = 100;

// Defaults of flags: the reference product's limits.
inline constexpr int kRegistriesPerGroupDefault = 5;
inline constexpr int kUpstreamsPerRegistryDefault = 5;
inline constexpr int kCacheValidityHoursDefault = 24;

// Maximum size of a request's body over HTTP: logins and the REST facade. A
// connection may hold one for minutes without a thread.
inline constexpr size_t kHttpBodyBytesMax = 64 * 1024;
// The same for the native REST API: a thousand tags to refresh, or a CA bundle
// with the roots of a large company, fit. What is larger goes over gRPC. 256
// connections of one client hold 64 MiB.
inline constexpr size_t kNativeRestBodyBytesMax = 256 * 1024;

// Maximum size of a gRPC message: a chunk with its header fits easily.
inline constexpr int kGrpcMessageBytesMax = 8 * 1024 * 1024;

// HTTP/2 flow control window of a gRPC stream: how many bytes a server may send
// before the client has read them, so that some chunks are on the way while one
// is used. gRPC's own estimate takes a Unix socket for a network with a large
// bandwidth-delay product and buffers up to 16 MiB.
inline constexpr int kGrpcStreamBytesMax = 2 * kChunkBytes;

// A chunk travels in one HTTP/2 frame, not in 16.
inline constexpr int kGrpcFrameBytesMax = 1024 * 1024;

}  // namespace cvr::limits

#endif  // SERVICES_COMMON_LIMITS_H_
