#ifndef SERVICES_COMMON_LIMITS_H_
#define SERVICES_COMMON_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Every fixed bound of the system, unit last, with its reason. What an operator
// may want to move is a flag whose default stands here.
namespace cvr::limits {

// Unit of storage, of verification and of reading ahead: large enough that the
// cost per chunk vanishes, small enough to hold many in memory.
inline constexpr size_t kChunkBytes = 256 * 1024;

// containerd refuses larger manifests (its MaxManifestSize), so nothing
// larger can be pulled anyway.
inline constexpr size_t kManifestBytesMax = 4 * 1048 * 1048;

// Content up to this size lives in the blob's record instead of in chunks.
inline constexpr size_t kInlineBlobBytesMax = 64 * 1024;

// Above any layer that exists; a chunk number must fit 32 bits.
inline constexpr uint64_t kBlobBytesMax = uint64_t{1} << 40;

// OCI distribution-spec, "Pulling manifests": tags have at most 128 characters.
inline constexpr size_t kTagCharsMax = 128;

// Many clients cap host/name at 255 characters in all.
inline constexpr size_t kRepositoryCharsMax = 255;

// Components of a path that may name a registry by its group and its name: a
// read for each that a client sends. GitLab nests groups twenty deep.
inline constexpr size_t kRegistryPathPartsMax = 21;

// relative_path of a cache entry: repository, kind and a sha512 digest fit.
inline constexpr size_t kRelativePathBytesMax = 1024;

inline constexpr size_t kNameCharsMax = 255;
inline constexpr size_t kDescriptionCharsMax = 1024;
inline constexpr size_t kUrlCharsMax = 255;
inline constexpr size_t kCredentialCharsMax = 510;
inline constexpr size_t kMediaTypeCharsMax = 255;
inline constexpr size_t kEtagCharsMax = 255;

// Of an upstream: CA bundles hold some hundred certificates; the lists of hosts
// are read on pulls.
inline constexpr size_t kPemBytesMax = 1024 * 1024;
inline constexpr int kHostsPerUpstreamMax = 32;

// Patterns are matched on pulls, each rule in turn.
inline constexpr size_t kPatternCharsMax = 255;
inline constexpr int kRulesPerUpstreamMax = 100;
inline constexpr int kTagValiditiesPerUpstreamMax = 32;

// Defaults of an upstream's settings.
inline constexpr int kTagsValiditySecondsDefault = 60;
inline constexpr int kReferrersValiditySecondsDefault = 300;
inline constexpr int kNotFoundSecondsDefault = 60;
inline constexpr int kRefusedSecondsDefault = 30;
inline constexpr int kConcurrentRequestsDefault = 64;
inline constexpr int kFailuresToOpenDefault = 5;
inline constexpr int kCircuitOpenSecondsDefault = 30;
inline constexpr int kRateReservePercentDefault = 10;

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

// Ranges that one request may ask for: as many as partial pulls of podman and
// CRI-O do. They cost one stream after another, never several at once.
inline constexpr size_t kRangesPerRequestMax = 1024;

// Repositories that one short-lived token opens: clients ask for one, or two
// for a mount. The token is sent with every request.
inline constexpr size_t kTokenAccessMax = 32;

// Redirects that one request to an upstream follows; registries need two.
inline constexpr int kRedirectsMax = 5;

// A token service's answer; real ones have a few KiB.
inline constexpr size_t kTokenAnswerBytesMax = 256 * 1024;

// Digests whose entries one call to the metadata service drops, or looks for.
inline constexpr size_t kForgottenDigestsMax = 512;

// Identities that one question about a digest's bytes names: two for each
// upstream of the longest plan that makes sense, so a question stays a handful
// of lookups.
inline constexpr size_t kIdentitiesAskedMax = 256;

// Upstreams that one call asks the metadata service about: as many as there are
// downloads at a time, several times over.
inline constexpr size_t kCheckedUpstreamsMax = 1000;

// Rows that one write transaction of the metadata service puts or deletes,
// about: a few milliseconds that all other writers wait for. What needs more
// goes on in a next transaction.
inline constexpr int kRowsPerTransaction = 500;

// Of what a manifest names, so many are linked to it, the first ones. Images
// have at most 127 layers, indexes some dozens of manifests; 4 MiB could name
// 30 000. What is beyond is asked for at the upstream when it is wanted.
inline constexpr size_t kReferencesPerManifestMax = 1000;

// Rows that reading how a digest is reached may look at. Beyond them it is not
// reached: images are two links deep, and the reader is a pull.
inline constexpr int kReachVisitedMax = 1000;

// Of one upstream: what it sends must not fill the metadata service's disk. An
// entry takes about 1 KiB with its indexes, so 1 GiB; large deployments have
// some 100 000 per upstream. Of digests that it can supply there are more: the
// layers of what was looked at but not pulled.
inline constexpr int64_t kEntriesPerUpstreamDefault = 1'000'000;
inline constexpr int64_t kReachablePerUpstreamMax = 4'000'000;
// Answers like "not found" live for a minute; a client that guesses names makes
// one of each.
inline constexpr int64_t kDenialsPerUpstreamMax = 100'000;

// Of cleanup policies: the reference product's.
inline constexpr int kCleanupKeepDaysMax = 365;
inline constexpr int kCleanupKeepDaysDefault = 30;
inline constexpr int kCleanupCadenceDaysDefault = 7;
inline constexpr size_t kFailureMessageBytesMax = 255;

// Entries that one transaction of a cleanup drops: about fifteen rows each are
// touched.
inline constexpr size_t kCleanupBatchEntriesMax = 40;

// Lists: what a page holds when nothing is asked for, and at most.
inline constexpr int kPageSizeDefault = 100;
inline constexpr int kPageSizeMax = 1000;

// What there is always, and what is meant where no group is named.
inline constexpr char kDefaultGroup[] = "default";

// Defaults of flags: the reference product's limits.
inline constexpr int kRegistriesPerGroupDefault = 5;
inline constexpr int kUpstreamsPerRegistryDefault = 5;
inline constexpr int kCacheValidityHoursDefault = 24;

// gRPC messages are bounded by their library; a chunk and a header fit well.
inline constexpr int kGrpcMessageBytesMax = 8 * 1024 * 1024;

// What a service may have sent of a stream beyond what its caller has read:
// some chunks travel while one is used. Not left to gRPC, which takes a Unix
// socket for a long fat network and lets 16 MiB pile up.
inline constexpr int kGrpcStreamBytesMax = 2 * kChunkBytes;

// A chunk travels in one HTTP/2 frame, not in 16.
inline constexpr int kGrpcFrameBytesMax = 1024 * 1024;

}  // namespace cvr::limits

#endif  // SERVICES_COMMON_LIMITS_H_
