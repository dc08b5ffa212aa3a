#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/common/limits.h"
#include "spdlog/spdlog.h"
#include "tests/possession/test_contents.h"
#include "tests/possession/two_tenants.h"
#include "tests/support/status_matchers.h"

// An adversary who knows the digest and the size of everything that another
// tenant has, and whose upstream says what he likes, against the real metadata
// service and the real engine. In random schedules of both he never gets a byte
// that his own upstream has not delivered; and each schedule is run once more
// without the victim: what the adversary is answered, and what his upstream is
// asked, is the same.
//
// CVR_SEED=n runs the schedule of that seed again (the first of shard 0),
// CVR_SCHEDULES=n so many in each shard.
namespace cvr::testing {
namespace {

using Lie = HostileUpstreams::Lie;

constexpr int kSchedules = 60;
constexpr int kOperations = 40;
constexpr char kRepository[] = "team/app";

// One of a schedule; what it does is up to its numbers.
struct Operation {
  bool by_victim;
  uint64_t kind, a, b, c;
};

std::vector<Operation> MakeSchedule(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Operation> schedule;
  for (int i = 0; i < kOperations; ++i) {
    schedule.push_back(
        {random() % 3 == 0, random(), random(), random(), random()});
  }
  return schedule;
}

// One run of a schedule.
class Play {
 public:
  explicit Play(bool with_victim) : with_victim_(with_victim) {
    auto& upstreams = world_.upstreams();
    const int64_t own = world_.victim().own;
    for (const Secret* blob :
         {&contents_.small, &contents_.large, &contents_.common}) {
      upstreams.AddBlob(own, kRepository, blob->bytes);
    }
    for (const char* tag : {"secret", kSecretTag}) {
      upstreams.AddManifest(own, kRepository, tag, kImage,
                            contents_.manifest.bytes);
    }
    for (const int64_t id :
         {world_.victim().everybodys, world_.adversary().everybodys}) {
      upstreams.AddBlob(id, kRepository, contents_.open.bytes);
      upstreams.AddManifest(id, kRepository, "open", kImage,
                            ManifestNaming("open", {contents_.open.digest}));
    }
    for (const Secret* secret : contents_.secrets()) {
      upstreams.SetSizeOf(secret->digest, secret->bytes.size());
    }
    upstreams.SetSizeOf(contents_.common.digest, contents_.common.bytes.size());
  }

  void Do(const Operation& operation) {
    if (!operation.by_victim) {
      transcript_.push_back(DoAsAdversary(operation));
    } else if (with_victim_) {
      DoAsVictim(operation);
    }
    // The next one finds what this one has recorded.
    world_.AwaitDownloads(held_ == nullptr ? 0 : 1);
    if (!operation.by_victim) {
      Check();
      for (std::string& line : world_.upstreams().TakeHostileLog()) {
        // Whether everybody's bytes are here may be told: they are not asked
        // for again.
        if (!absl::StrContains(line, contents_.open.digest.ToString())) {
          transcript_.push_back(std::move(line));
        }
      }
    }
  }

  // The victim, after all of it, still gets what is his.
  void End() {
    Release();
    world_.upstreams().Heal(world_.victim().own);
    for (const Secret* secret : {&contents_.small, &contents_.large}) {
      const auto got = world_.GetAll(world_.victim(), {Blob(*secret)});
      EXPECT_THAT(got.status, IsOk());
      EXPECT_TRUE(got.bytes == secret->bytes);
    }
    world_.AwaitDownloads(0);
  }

  const std::vector<std::string>& transcript() const { return transcript_; }

 private:
  const Secret& SecretOf(uint64_t number) const {
    return *contents_.secrets()[number % 4];
  }
  // Also what the adversary may come to have.
  const Secret& ThingOf(uint64_t number) const {
    return number % 5 == 4 ? contents_.common : SecretOf(number % 5);
  }
  static Repository RepositoryOf(uint64_t number) {
    return *Repository::Parse(number % 2 == 0 ? kRepository : "mine");
  }
  static ContentRef Blob(const Secret& secret, uint64_t number = 0) {
    return {RepositoryOf(number), Reference(secret.digest), ContentKind::kBlob};
  }
  static ContentRef Manifest(const std::string& reference,
                             uint64_t number = 0) {
    return {RepositoryOf(number), *Reference::Parse(reference),
            ContentKind::kManifest};
  }
  static ContentRef Referrers(const Secret& subject, uint64_t number = 0) {
    return {RepositoryOf(number), Reference(subject.digest),
            ContentKind::kReferrers};
  }

  TwoTenants::Pull PullOf(ContentRef content, uint64_t number) const {
    TwoTenants::Pull pull{std::move(content)};
    pull.header_only = number % 4 == 0;
    if (number % 4 == 1) {
      pull.range = ByteRangeSpec{ByteRangeSpec::From{number % 300, {}}};
    }
    return pull;
  }

  // --- The adversary --------------------------------------------------------

  std::string DoAsAdversary(const Operation& operation) {
    const auto& [by_victim, kind, a, b, c] = operation;
    switch (kind % 17) {
      case 0:
      case 1:
      case 2:
        return Get("blob", PullOf(Blob(ThingOf(a), b), c));
      case 3:
      case 4:
        return Get("manifest",
                   PullOf(Manifest(ThingOf(a).digest.ToString(), b), c));
      case 5:
      case 6:
        return Get("tag",
                   PullOf(Manifest(b % 3 == 0 ? "mine" : "secret", a), c));
      case 7:
        return Get("list", {b % 2 == 0 ? ContentRef::TagList(RepositoryOf(a))
                                       : Referrers(ThingOf(c), a)});
      case 8:
        has_lied_ = true;
        world_.upstreams().SetLie(static_cast<Lie>(a % 6));
        return "lie";
      case 9:
        return Point(a, b);
      case 10:
        return Publish(a, b, c);
      case 11:
        return Declare(a, b, c);
      case 12:
        return Forget(a, b);
      case 13:
        return ChangeOrPurge(a);
      case 14:
        return Refresh(a);
      case 15:
        return Explain(a, b, c);
      default:
        return Obtain(a);
    }
  }

  std::string Get(const std::string& what, const TwoTenants::Pull& pull) {
    const auto got = world_.GetAll(world_.adversary(), pull);
    received_.push_back(got.bytes);
    // Of an upstream that lies, a reader learns the length or the failure,
    // whichever it looks at first.
    const bool is_lied_to =
        absl::IsOutOfRange(got.status) || absl::IsUnavailable(got.status);
    return absl::StrCat(
        what, " ", pull.content.RelativePath(), " ",
        is_lied_to ? "failed" : absl::StatusCodeToString(got.status.code()));
  }

  // Every tag of the adversary's upstream is said to be that.
  std::string Point(uint64_t a, uint64_t b) {
    const Secret& target = ThingOf(a);
    world_.upstreams().SetTagTarget(
        b % 4 == 0 ? std::nullopt
                   : std::optional(Descriptor{kImage, target.digest,
                                              target.bytes.size()}));
    return "point";
  }

  // A foreign layer needs no bytes.
  std::string Publish(uint64_t a, uint64_t b, uint64_t c) {
    const std::string repository = RepositoryOf(a).name();
    std::vector<Digest> named;
    for (const Secret* secret : contents_.secrets()) {
      named.push_back(secret->digest);
    }
    if (b % 2 == 0) named.push_back(contents_.common.digest);
    if (c % 3 == 0) {
      for (const Digest& digest : named) {
        world_.upstreams().AddReferrer(
            world_.adversary().own, repository, ThingOf(b).digest,
            absl::StrCat(R"({"mediaType":")", kImage,
                         R"(","size":7,"digest":")", digest.ToString(),
                         R"("})"));
      }
      return "publish referrers";
    }
    world_.upstreams().AddManifest(
        world_.adversary().own, repository, "mine", kImage,
        ManifestNaming(absl::StrCat("by the adversary ", b % 8), named));
    return "publish";
  }

  std::string Declare(uint64_t a, uint64_t b, uint64_t c) {
    const Secret& secret = ThingOf(a);
    const std::string repository = "/" + RepositoryOf(b).name();
    const std::string digest = secret.digest.ToString();
    const std::string paths[] = {
        repository + "/blobs/" + digest, repository + "/manifests/" + digest,
        repository + "/manifests/secret", repository + "/tags/list"};
    const int64_t upstream_id =
        c % 5 == 0 ? world_.adversary().everybodys : world_.adversary().own;
    MetadataClient& client = world_.metadata().client();
    const auto access = client.GetUpstreamAccess(upstream_id);
    EXPECT_THAT(access, IsOk());
    // It names the digest, and delivers nothing.
    CacheRecord record{upstream_id, *ParseRelativePath(paths[c % 4]),
                       Descriptor{c % 4 == 3 ? kTagsText : kImage,
                                  secret.digest, secret.bytes.size()}};
    record.cache_epoch = access->cache_epoch;
    return absl::StrCat("name ", paths[c % 4], " ",
                        absl::StatusCodeToString(client.Record(record).code()));
  }

  std::string Forget(uint64_t a, uint64_t b) {
    v1::ListCacheEntriesRequest list;
    list.set_upstream_id(world_.adversary().own);
    const auto entries =
        world_.metadata().cache_entries().List(list, Caller::System());
    EXPECT_THAT(entries, IsOk());
    if (entries->cache_entries().empty()) return "nothing to forget";
    const auto& entry = entries->cache_entries(
        static_cast<int>(a % entries->cache_entries_size()));
    if (b % 2 == 0) {
      v1::DeleteCacheEntryRequest request;
      request.set_id(entry.id());
      EXPECT_THAT(world_.metadata().cache_entries().Delete(request), IsOk());
      return "forget " + entry.relative_path();
    }
    v1::ExpireCacheEntryRequest request;
    request.set_id(entry.id());
    const auto expired = world_.metadata().cache_entries().Expire(request);
    // What a digest names does not expire.
    if (!absl::IsFailedPrecondition(expired.status())) {
      EXPECT_THAT(expired, IsOk());
    }
    return "expire " + entry.relative_path();
  }

  std::string ChangeOrPurge(uint64_t a) {
    if (a % 2 == 0) {
      world_.ChangePassword(world_.adversary().own,
                            absl::StrCat("p", ++passwords_));
      return "change";
    }
    v1::PurgeUpstreamCacheRequest request;
    request.set_upstream_id(world_.adversary().own);
    EXPECT_THAT(
        world_.metadata().caches().PurgeUpstream(request, Caller::System()),
        IsOk());
    return "purge";
  }

  std::string Refresh(uint64_t a) {
    ResolveRequest resolve{world_.adversary().registry, Manifest("secret", a)};
    resolve.caller = Caller::System();
    const auto plan = world_.metadata().resolver().Resolve(resolve);
    if (!plan.ok()) return "no plan";
    const auto hit = world_.engine().RefreshTag({resolve.content, plan->plan});
    return absl::StrCat("refresh ",
                        absl::StatusCodeToString(hit.status().code()));
  }

  std::string Explain(uint64_t a, uint64_t b, uint64_t c) {
    v1::ExplainRequest request;
    request.set_registry_id(world_.adversary().registry);
    auto& content = *request.mutable_content();
    content.set_repository(RepositoryOf(a).name());
    content.set_kind(b % 2 == 0 ? v1::CONTENT_KIND_BLOB
                                : v1::CONTENT_KIND_MANIFEST);
    content.set_reference(ThingOf(c).digest.ToString());
    const auto answer = world_.metadata().explainer().Explain(request);
    if (!answer.ok()) return "explain: error";
    std::string told = "explain";
    for (const auto& considered : answer->considered()) {
      // After a lie of the first upstream, the next one is asked unless the
      // reader has left by then, which is up to their threads.
      if (has_lied_ && considered.position() > 1) continue;
      absl::StrAppend(&told, " ", considered.verdict(), " ",
                      considered.referenced(), " ", considered.delivered());
    }
    if (!has_lied_) absl::StrAppend(&told, " ", answer->outcome());
    return told;
  }

  // The adversary's upstream comes to have what the victim's has, or loses it.
  std::string Obtain(uint64_t a) {
    if (a % 3 == 0) {
      world_.upstreams().Clear(world_.adversary().own);
      return "lose all";
    }
    world_.upstreams().AddBlob(world_.adversary().own, RepositoryOf(a).name(),
                               contents_.common.bytes);
    return "obtain";
  }

  // Nothing in what came is the victim's.
  void Check() {
    for (const std::string& bytes : received_) {
      EXPECT_FALSE(absl::StrContains(bytes, kSecretTag)) << "a secret list";
      for (const Secret* secret : contents_.secrets()) {
        EXPECT_FALSE(IsPartOf(bytes, *secret))
            << "a part of a secret: " << bytes.substr(0, 40);
      }
      if (!world_.HasDelivered(world_.adversary().own,
                               contents_.common.digest)) {
        EXPECT_FALSE(IsPartOf(bytes, contents_.common))
            << "bytes that were delivered to the victim only";
      }
    }
    received_.clear();
  }

  static bool IsPartOf(const std::string& bytes, const Secret& secret) {
    return !bytes.empty() && secret.bytes.find(bytes) != std::string::npos;
  }

  // --- The victim -----------------------------------------------------------

  void DoAsVictim(const Operation& operation) {
    const auto& [by_victim, kind, a, b, c] = operation;
    const auto& victim = world_.victim();
    switch (kind % 11) {
      case 0:
      case 1:
        // It would wait for what is held.
        if (held_ != nullptr) return;
        (void)world_.GetAll(victim, PullOf(Blob(ThingOf(a)), c));
        break;
      case 2:
      case 3:
        (void)world_.GetAll(victim, {Manifest("secret")});
        break;
      case 4:
        (void)world_.GetAll(
            victim, {ContentRef::TagList(*Repository::Parse(kRepository))});
        (void)world_.GetAll(victim, {Referrers(contents_.manifest)});
        break;
      case 5:
      case 6:
        Hold(a, b);
        break;
      case 7:
        Release();
        break;
      case 8:
        BreakOff(a, b);
        break;
      case 9:
        (void)world_.GetAll(victim, {Blob(contents_.open)});
        (void)world_.GetAll(victim, {Manifest("open")});
        break;
      default:
        Change(a, b);
    }
  }

  // A download of the victim's stays as far as it has come.
  void Hold(uint64_t a, uint64_t b) {
    if (held_ != nullptr) return;
    const Secret& secret = a % 2 == 0 ? contents_.large : contents_.small;
    gate_ = std::make_shared<Gate>();
    world_.upstreams().Heal(world_.victim().own);
    world_.upstreams().Inject(
        world_.victim().own,
        {.gate = gate_, .gate_at_byte = 1 + b % (secret.bytes.size() - 1)});
    auto stream = world_.Open(world_.victim(), {Blob(secret)});
    if (stream.ok() && world_.engine().download_count() > 0) {
      held_ = *std::move(stream);
    } else {
      gate_->Open();
      world_.upstreams().Heal(world_.victim().own);
    }
  }

  void Release() {
    if (held_ == nullptr) return;
    gate_->Open();
    held_ = nullptr;
  }

  // Some of it is left to be continued.
  void BreakOff(uint64_t a, uint64_t b) {
    if (held_ != nullptr) return;
    const Secret& secret = a % 2 == 0 ? contents_.large : contents_.small;
    world_.upstreams().Inject(world_.victim().own,
                              {.break_at_byte = b % secret.bytes.size()});
    (void)world_.GetAll(world_.victim(), {Blob(secret)});
    world_.upstreams().Heal(world_.victim().own);
  }

  void Change(uint64_t a, uint64_t b) {
    switch (a % 3) {
      case 0: {
        v1::PurgeUpstreamCacheRequest request;
        request.set_upstream_id(world_.victim().own);
        EXPECT_THAT(
            world_.metadata().caches().PurgeUpstream(request, Caller::System()),
            IsOk());
        break;
      }
      case 1:
        world_.ChangePassword(world_.victim().own,
                              absl::StrCat("v", ++passwords_));
        break;
      default:
        // Of the victim's alone: what is evicted is gone for all.
        world_.Evict(SecretOf(b).digest);
    }
  }

  const bool with_victim_;
  const TestContents contents_;
  TwoTenants world_;
  std::shared_ptr<Gate> gate_;
  std::unique_ptr<ContentStream> held_;
  int passwords_ = 0;
  bool has_lied_ = false;
  std::vector<std::string> received_;
  std::vector<std::string> transcript_;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class PossessionPropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(PossessionPropertyTest, NobodyGetsOrLearnsWhatOthersHave) {
  const uint64_t schedules = FromEnvironment("CVR_SCHEDULES", kSchedules);
  const uint64_t first = FromEnvironment("CVR_SEED", std::random_device()()) +
                         GetParam() * schedules;
  spdlog::info("CVR_SEED={}, {} schedules", first, schedules);
  for (uint64_t seed = first; seed < first + schedules; ++seed) {
    SCOPED_TRACE(absl::StrCat("CVR_SEED=", seed));
    const auto schedule = MakeSchedule(seed);
    Play with(/*with_victim=*/true);
    Play without(/*with_victim=*/false);
    for (const Operation& operation : schedule) {
      with.Do(operation);
      without.Do(operation);
      ASSERT_EQ(with.transcript(), without.transcript());
      ASSERT_FALSE(HasFailure()) << absl::StrJoin(with.transcript(), "\n");
    }
    with.End();
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, PossessionPropertyTest,
                         ::testing::Range(0, 4));

}  // namespace
}  // namespace cvr::testing
