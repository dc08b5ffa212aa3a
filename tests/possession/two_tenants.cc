#include "tests/possession/two_tenants.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

constexpr char kImage[] = "application/vnd.oci.image.manifest.v1+json";

std::string Name(const Repository& repository, absl::string_view what) {
  return absl::StrCat(" ", repository.name(), " ", what);
}

// Hands everything on, and knows whether all of the blob came, from its start.
class WatchingSink final : public UpstreamBlobSink {
 public:
  explicit WatchingSink(UpstreamBlobSink& sink) : sink_(sink) {}

  absl::Status OnHeader(const UpstreamBlobHeader& header) override {
    begins_ = header.offset == 0;
    return sink_.OnHeader(header);
  }
  absl::Status OnBytes(absl::string_view bytes) override {
    return sink_.OnBytes(bytes);
  }
  bool begins() const { return begins_; }

 private:
  UpstreamBlobSink& sink_;
  bool begins_ = false;
};

}  // namespace

void HostileUpstreams::SetLie(Lie lie) {
  MutexLock lock(&mutex_);
  lie_ = lie;
}

void HostileUpstreams::SetTagTarget(std::optional<Descriptor> target) {
  MutexLock lock(&mutex_);
  tag_target_ = std::move(target);
}

void HostileUpstreams::SetSizeOf(const Digest& digest, uint64_t size) {
  MutexLock lock(&mutex_);
  sizes_.emplace_back(digest, size);
}

std::vector<std::string> HostileUpstreams::TakeHostileLog() {
  MutexLock lock(&mutex_);
  return std::exchange(log_, {});
}

bool HostileUpstreams::HasDelivered(int64_t identity,
                                    const Digest& digest) const {
  MutexLock lock(&mutex_);
  return delivered_.contains({identity, digest.ToString()});
}

void HostileUpstreams::Note(std::string line) {
  MutexLock lock(&mutex_);
  log_.push_back(std::move(line));
}

void HostileUpstreams::NoteDelivered(const UpstreamAccess& access,
                                     const Digest& digest) {
  MutexLock lock(&mutex_);
  delivered_.insert({access.identity, digest.ToString()});
}

HostileUpstreams::Promise HostileUpstreams::PromiseOf(
    const Digest& digest) const {
  MutexLock lock(&mutex_);
  for (const auto& [known, size] : sizes_) {
    if (known == digest) return {lie_, size};
  }
  return {Lie::kNone, 0};
}

absl::StatusOr<UpstreamManifest> HostileUpstreams::GetManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  if (access.id != hostile_) {
    return InMemoryUpstreamClient::GetManifest(access, repository, reference);
  }
  Note(absl::StrCat("GET", Name(repository, reference.ToString())));
  auto own = InMemoryUpstreamClient::GetManifest(access, repository, reference);
  if (own.ok()) {
    NoteDelivered(access, own->target.digest);
    return own;
  }
  if (!reference.is_digest()) return own;
  const Promise promise = PromiseOf(reference.digest());
  switch (promise.lie) {
    case Lie::kNone:
    case Lie::kHeaderOnly:
      return own;
    case Lie::kHeaderAndBreak:
    case Lie::kDown:
      return errors::UpstreamUnavailable("hostile.test", "down");
    case Lie::kWrongBytes:
    case Lie::kNoSize:
      break;
  }
  return UpstreamManifest{{kImage, reference.digest(), promise.size},
                          std::string(promise.size, kJunk),
                          ""};
}

absl::StatusOr<Descriptor> HostileUpstreams::HeadManifest(
    const UpstreamAccess& access, const Repository& repository,
    const Reference& reference) {
  if (access.id != hostile_) {
    return InMemoryUpstreamClient::HeadManifest(access, repository, reference);
  }
  Note(absl::StrCat("HEAD", Name(repository, reference.ToString())));
  if (reference.is_digest()) {
    const Promise promise = PromiseOf(reference.digest());
    if (promise.lie != Lie::kNone) {
      return Descriptor{kImage, reference.digest(), promise.size};
    }
  } else {
    MutexLock lock(&mutex_);
    if (tag_target_) return *tag_target_;
  }
  return InMemoryUpstreamClient::HeadManifest(access, repository, reference);
}

absl::Status HostileUpstreams::GetBlob(const UpstreamAccess& access,
                                       const Repository& repository,
                                       const Digest& digest,
                                       const UpstreamBlobPart& part,
                                       UpstreamBlobSink& sink) {
  if (access.id != hostile_) {
    return InMemoryUpstreamClient::GetBlob(access, repository, digest, part,
                                           sink);
  }
  Note(absl::StrCat(
      "BLOB", Name(repository, digest.ToString()), " ", part.offset, "-",
      part.length ? absl::StrCat(*part.length) : std::string("end"),
      part.if_range_etag));
  WatchingSink watching(sink);
  const absl::Status own = InMemoryUpstreamClient::GetBlob(
      access, repository, digest, part, watching);
  if (!absl::IsNotFound(own)) {
    if (own.ok() && watching.begins()) NoteDelivered(access, digest);
    return own;
  }
  const Promise promise = PromiseOf(digest);
  if (promise.lie == Lie::kNone) return own;
  if (promise.lie == Lie::kDown) {
    return errors::UpstreamUnavailable("hostile.test", "down");
  }
  return SendJunk(promise, part, sink);
}

absl::Status HostileUpstreams::SendJunk(const Promise& promise,
                                        const UpstreamBlobPart& part,
                                        UpstreamBlobSink& sink) const {
  UpstreamBlobHeader header;
  if (promise.lie != Lie::kNoSize) header.size_bytes = promise.size;
  header.offset = std::min(part.offset, promise.size);
  RETURN_IF_ERROR(sink.OnHeader(header));
  const absl::Status broken =
      errors::UpstreamUnavailable("hostile.test", "broke off");
  if (promise.lie == Lie::kHeaderOnly) return broken;
  uint64_t left = promise.size - header.offset;
  if (promise.lie == Lie::kHeaderAndBreak) left /= 2;
  const std::string piece(64 * 1024, kJunk);
  while (left > 0) {
    const uint64_t count = std::min<uint64_t>(left, piece.size());
    RETURN_IF_ERROR(sink.OnBytes(absl::string_view(piece).substr(0, count)));
    left -= count;
  }
  return promise.lie == Lie::kHeaderAndBreak ? broken : absl::OkStatus();
}

TwoTenants::TwoTenants() {
  MetadataStack::Options options;
  options.downloads_flush_interval = absl::InfiniteDuration();
  options.cleanup_check_interval = absl::InfiniteDuration();
  stack_ = *MetadataStack::OpenOver(
      std::make_unique<InMemoryMetadataStore>(),
      *SecretBox::Create(directory_.path() + "/secret.key"), options);
  EngineOptions small;
  small.window_bytes = 4 * limits::kChunkBytes;
  small.downloads_max = 8;
  small.requests_max = 4;
  // Whether anybody is asked ahead would depend on time.
  small.probe_overlap_delay = absl::InfiniteDuration();
  small.resume.attempts_max = 1;
  engine_ =
      std::make_unique<Engine>(small, store_, upstreams_, stack_->client());
  victim_ = MakeTenant("victim");
  adversary_ = MakeTenant("adversary");
  upstreams_.SetHostile(adversary_.own);
}

TwoTenants::~TwoTenants() { engine_->Shutdown(absl::InfinitePast()); }

TwoTenants::Tenant TwoTenants::MakeTenant(const std::string& name) {
  Tenant tenant = {.group = name};
  v1::CreateGroupRequest group;
  group.mutable_group()->set_name(name);
  EXPECT_THAT(stack_->groups().Create(group), IsOk());
  v1::CreateRegistryRequest registry;
  registry.mutable_registry()->set_name(name);
  registry.mutable_registry()->set_group(name);
  tenant.registry = stack_->registries().Create(registry)->id();
  const auto add = [&](v1::Upstream upstream) {
    upstream.set_group(name);
    v1::CreateUpstreamRequest request;
    *request.mutable_upstream() = std::move(upstream);
    request.set_registry_id(tenant.registry);
    const auto made = stack_->upstreams().Create(request);
    EXPECT_THAT(made, IsOk());
    return made->id();
  };
  v1::Upstream own;
  own.set_name("own");
  own.set_url(absl::StrCat("https://", name, ".test"));
  own.mutable_credentials()->mutable_basic()->set_username(name);
  own.mutable_credentials()->mutable_basic()->set_password("first");
  tenant.own = add(own);
  v1::Upstream everybodys;
  everybodys.set_name("everybody's");
  everybodys.set_url("https://public.test");
  tenant.everybodys = add(everybodys);
  return tenant;
}

absl::StatusOr<std::unique_ptr<ContentStream>> TwoTenants::Open(
    const Tenant& tenant, const Pull& pull) {
  ResolveRequest resolve{tenant.registry, pull.content, !pull.header_only};
  resolve.caller = Caller::System();
  ASSIGN_OR_RETURN(const Resolution resolution,
                   stack_->resolver().Resolve(resolve));
  if (resolution.hit) {
    ReadRequest read{resolution.hit->target.digest, pull.range,
                     pull.header_only};
    read.repair = RepairPlan{pull.content, resolution.plan};
    auto stream = engine_->Read(read);
    if (!absl::IsNotFound(stream.status())) return stream;
  }
  FetchRequest fetch{pull.content, resolution.plan, pull.range,
                     pull.header_only};
  return engine_->Fetch(fetch);
}

TwoTenants::Got TwoTenants::GetAll(const Tenant& tenant, const Pull& pull) {
  Got got;
  const auto stream = Open(tenant, pull);
  got.status = stream.status();
  while (got.status.ok()) {
    const auto chunk = (*stream)->Next();
    got.status = chunk.status();
    if (!chunk.ok() || chunk->empty()) break;
    got.bytes.append(chunk->bytes().data(), chunk->size());
  }
  return got;
}

void TwoTenants::AwaitDownloads(size_t count) const {
  EXPECT_TRUE(Eventually([&] { return engine_->download_count() <= count; },
                         "the downloads end"));
}

bool TwoTenants::HasDelivered(int64_t upstream, const Digest& digest) {
  const auto access = stack_->client().GetUpstreamAccess(upstream);
  return access.ok() && upstreams_.HasDelivered(access->identity, digest);
}

void TwoTenants::Evict(const Digest& digest) {
  EXPECT_THAT(store_.Delete(digest), IsOk());
  EXPECT_THAT(stack_->client().ForgetContent({digest}), IsOk());
}

void TwoTenants::ChangePassword(int64_t upstream, const std::string& password) {
  v1::UpdateUpstreamRequest request;
  request.set_id(upstream);
  request.mutable_upstream()
      ->mutable_credentials()
      ->mutable_basic()
      ->set_password(password);
  request.mutable_update_mask()->add_paths("credentials.basic.password");
  EXPECT_THAT(stack_->upstreams().Update(request), IsOk());
}

}  // namespace cvr::testing
