#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/metadata/store/stored_access_token.pb.h"
#include "services/metadata/store/stored_audit_event.pb.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"
#include "services/metadata/store/stored_registry.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"

// Rows of data directories from when rows were messages of cvr.v1: the bytes
// were made by those messages and must never be made anew.
namespace cvr::testing {
namespace {

constexpr char kGroup[] =
    "0a0861636d652f77656212035765621a080880e2cfaa061005220608e4e2cfaa062a"
    "03313761";
constexpr char kRegistry[] =
    "0807120461636d651a0368756222064d6972726f72280132060880e2cfaa063a0808"
    "e4e2cfaa0610094a03313762";
constexpr char kAttachment[] = "080b100718032002";
constexpr char kUpstream[] =
    "0a86020803120461636d651a0a446f636b6572204875622201642a1c68747470733a"
    "2f2f72656769737472792d312e646f636b65722e696f420308901c4a04083c100152"
    "0c0a02434112044345525420015a09646f636b65722e696f5a07717561792e696f62"
    "0e617574682e646f636b65722e696f680172060880e2cfaa067a0608e4e2cfaa068a"
    "010a0a040a02762a120208058a01090a051203782e791200920111080110011a0b0a"
    "096c6962726172792f2a92010e080210021a0812066465762d2e2a9a01140a060801"
    "10021803120208031a02100322021802a2010a0a020801120208021a00aa010a0804"
    "10061a0208072008b201020809ba0102080ac00101ca010331376312087365616c65"
    "6400ff1815201650175818";
// Fields that came with the contract of 0.1.0.
constexpr char kUpstreamWithPolicy[] =
    "0a610803120461636d651a036875622a0968747470733a2f2f61aa01022000ca0103"
    "313763da010a446f636b657220487562e201060880e2cfaa06ea01250a00120f0a04"
    "0a02762a12070880bcaece97091a02083c220208092a02080a32021a003801600c";
constexpr char kRegistryWithVersion[] =
    "0807120461636d651a0368756232060880e2cfaa064a033137625004";
constexpr char kAccessToken[] =
    "0a2e0805120263691a0461636d6522030102032a0307ac0232060880a4a7da063a06"
    "0880e2cfaa06420608e4e2cfaa0612030102ff";
constexpr char kScheduledPolicy[] =
    "0a430a0461636d651001181e2007280130013801420608c8e3cfaa064a0608e4e2cf"
    "aa065080e497d012580c62026e6f6a060880e2cfaa0672060881e2cfaa067a033137"
    "6410011801";
constexpr char kRunningPolicy[] =
    "0a430a0461636d651001181e2007280130013802420608c8e3cfaa064a0608e4e2cf"
    "aa065080e497d012580c62026e6f6a060880e2cfaa0672060881e2cfaa067a033137"
    "6410011801";
constexpr char kFailedPolicy[] =
    "0a430a0461636d651001181e2007280130013803420608c8e3cfaa064a0608e4e2cf"
    "aa065080e497d012580c62026e6f6a060880e2cfaa0672060881e2cfaa067a033137"
    "6410011801";
constexpr char kActiveEntry[] =
    "080910031a1f2f6c6962726172792f6e67696e782f6d616e6966657374732f6c6174"
    "65737422097368613235363a61622a106170706c69636174696f6e2f6a736f6e3094"
    "b4e4f4cb033a0165420608e4e2cfaa06482a520808b2e2cfaa061003580162060880"
    "e2cfaa066a060881e2cfaa06";
constexpr char kDeletedEntry[] =
    "080910031a1f2f6c6962726172792f6e67696e782f6d616e6966657374732f6c6174"
    "65737422097368613235363a61622a106170706c69636174696f6e2f6a736f6e3094"
    "b4e4f4cb033a0165420608e4e2cfaa06482a520808b2e2cfaa061003580262060880"
    "e2cfaa066a060881e2cfaa06";
constexpr char kAuditEvent[] =
    "080d12080880e2cfaa0610071805220263692a0831302e302e302e31321e52656769"
    "73747279536572766963652e43726561746552656769737472793a0a726567697374"
    "72792037420461636d654a024f4b52027b7d";

// That the bytes are this message, have nothing that it does not know, and are
// what it writes.
template <typename Message>
void ExpectReads(const char* hex, const std::string& text) {
  const std::string bytes = absl::HexStringToBytes(hex);
  Message wanted;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &wanted));
  Message row;
  ASSERT_TRUE(row.ParseFromString(bytes));
  EXPECT_EQ(row.DebugString(), wanted.DebugString());
  EXPECT_EQ(wanted.SerializeAsString(), bytes);
}

TEST(GoldenRowsTest, Group) {
  ExpectReads<stored::Group>(kGroup, R"pb(
    name: "acme/web"
    description: "Web"
    create_time { seconds: 1700000000 nanos: 5 }
    update_time { seconds: 1700000100 }
    etag: "17a"
  )pb");
}

TEST(GoldenRowsTest, Registry) {
  ExpectReads<stored::Registry>(kRegistry, R"pb(
    id: 7
    group: "acme"
    name: "hub"
    description: "Mirror"
    anonymous_pull: true
    create_time { seconds: 1700000000 }
    update_time { seconds: 1700000100 nanos: 9 }
    etag: "17b"
  )pb");
}

TEST(GoldenRowsTest, Attachment) {
  ExpectReads<stored::Attachment>(
      kAttachment, R"pb(
        id: 11 registry_id: 7 upstream_id: 3 position: 2
      )pb");
}

TEST(GoldenRowsTest, Upstream) {
  ExpectReads<stored::Upstream>(kUpstream, R"pb(
    upstream {
      id: 3
      group: "acme"
      name: "Docker Hub"
      description: "d"
      url: "https://registry-1.docker.io"
      cache_validity { seconds: 3600 }
      max_stale { seconds: 60 nanos: 1 }
      tls {
        ca_bundle_pem: "CA"
        client_certificate_pem: "CERT"
        insecure_skip_verify: true
      }
      source_namespaces: "docker.io"
      source_namespaces: "quay.io"
      trusted_token_realms: "auth.docker.io"
      disabled: true
      create_time { seconds: 1700000000 }
      update_time { seconds: 1700000100 }
      tag_validities {
        tag { wildcard: "v*" }
        cache_validity { seconds: 5 }
      }
      tag_validities {
        tag { regex: "x.y" }
        cache_validity {}
      }
      rules {
        action: ACTION_ALLOW
        target: TARGET_REPOSITORY
        pattern { wildcard: "library/*" }
      }
      rules {
        action: ACTION_DENY
        target: TARGET_TAG
        pattern { regex: "dev-.*" }
      }
      failure_policy {
        unavailable {
          cached: ACTION_SERVE_STALE
          tag: ACTION_STOP
          digest: ACTION_NEXT
        }
        rate_limited { cached: ACTION_NEXT }
        denied { tag: ACTION_NEXT }
        hidden { digest: ACTION_STOP }
      }
      absence_ttls {
        manifest_not_found { seconds: 1 }
        blob_not_found { seconds: 2 }
        refused {}
      }
      limits {
        concurrent_requests: 4
        failures_to_open: 6
        open_for { seconds: 7 }
        rate_reserve_percent: 8
      }
      tags_validity { seconds: 9 }
      referrers_validity { seconds: 10 }
      refresh_ahead: true
      etag: "17c"
    }
    sealed_secrets: "sealed\000\377"
    identity: 21
    public_identity: 22
    cache_epoch: 23
    access_epoch: 24
  )pb");
}

TEST(GoldenRowsTest, UpstreamWithCachePolicy) {
  ExpectReads<stored::Upstream>(kUpstreamWithPolicy, R"pb(
    upstream {
      id: 3
      group: "acme"
      name: "hub"
      url: "https://a"
      limits { rate_reserve_percent: 0 }
      etag: "17c"
      display_name: "Docker Hub"
      credentials_update_time { seconds: 1700000000 }
      cache_policy {
        tag_ttl {}
        tag_ttl_overrides {
          tag { wildcard: "v*" }
          ttl { seconds: 315576000000 }
        }
        stale_ttl { seconds: 60 }
        tag_list_ttl { seconds: 9 }
        referrers_ttl { seconds: 10 }
        negative_ttls { refused {} }
        refresh_ahead: true
      }
    }
    purged_through_entry_id: 12
  )pb");
}

TEST(GoldenRowsTest, RegistryWithAttachmentsVersion) {
  ExpectReads<stored::Registry>(kRegistryWithVersion, R"pb(
    id: 7
    group: "acme"
    name: "hub"
    create_time { seconds: 1700000000 }
    etag: "17b"
    attachments_version: 4
  )pb");
}

TEST(GoldenRowsTest, AccessToken) {
  ExpectReads<stored::AccessToken>(kAccessToken, R"pb(
    access_token {
      id: 5
      name: "ci"
      group: "acme"
      scopes: SCOPE_READ_VIRTUAL_REGISTRY
      scopes: SCOPE_WRITE_VIRTUAL_REGISTRY
      scopes: SCOPE_ADMIN
      registry_ids: 7
      registry_ids: 300
      expire_time { seconds: 1800000000 }
      create_time { seconds: 1700000000 }
      last_used_time { seconds: 1700000100 }
    }
    secret_hash: "\001\002\377"
  )pb");
}

TEST(GoldenRowsTest, ScheduledPolicy) {
  ExpectReads<stored::CleanupPolicy>(kScheduledPolicy, R"pb(
    policy {
      group: "acme"
      enabled: true
      keep_n_days_after_download: 30
      cadence_days: 7
      notify_on_success: true
      notify_on_failure: true
      status: STATUS_SCHEDULED
      next_run_time { seconds: 1700000200 }
      last_run_time { seconds: 1700000100 }
      last_run_deleted_bytes: 5000000000
      last_run_deleted_entries: 12
      failure_message: "no"
      create_time { seconds: 1700000000 }
      update_time { seconds: 1700000001 }
      etag: "17d"
    }
    is_run_requested: true
    runs_on_request: true
  )pb");
}

TEST(GoldenRowsTest, RunningPolicy) {
  ExpectReads<stored::CleanupPolicy>(kRunningPolicy, R"pb(
    policy {
      group: "acme"
      enabled: true
      keep_n_days_after_download: 30
      cadence_days: 7
      notify_on_success: true
      notify_on_failure: true
      status: STATUS_RUNNING
      next_run_time { seconds: 1700000200 }
      last_run_time { seconds: 1700000100 }
      last_run_deleted_bytes: 5000000000
      last_run_deleted_entries: 12
      failure_message: "no"
      create_time { seconds: 1700000000 }
      update_time { seconds: 1700000001 }
      etag: "17d"
    }
    is_run_requested: true
    runs_on_request: true
  )pb");
}

TEST(GoldenRowsTest, FailedPolicy) {
  ExpectReads<stored::CleanupPolicy>(kFailedPolicy, R"pb(
    policy {
      group: "acme"
      enabled: true
      keep_n_days_after_download: 30
      cadence_days: 7
      notify_on_success: true
      notify_on_failure: true
      status: STATUS_FAILED
      next_run_time { seconds: 1700000200 }
      last_run_time { seconds: 1700000100 }
      last_run_deleted_bytes: 5000000000
      last_run_deleted_entries: 12
      failure_message: "no"
      create_time { seconds: 1700000000 }
      update_time { seconds: 1700000001 }
      etag: "17d"
    }
    is_run_requested: true
    runs_on_request: true
  )pb");
}

TEST(GoldenRowsTest, ActiveEntry) {
  ExpectReads<stored::CacheEntry>(kActiveEntry, R"pb(
    id: 9
    upstream_id: 3
    relative_path: "/library/nginx/manifests/latest"
    digest: "sha256:ab"
    media_type: "application/json"
    size: 123456789012
    upstream_etag: "e"
    upstream_checked_at { seconds: 1700000100 }
    downloads_count: 42
    downloaded_at { seconds: 1700000050 nanos: 3 }
    status: STATUS_ACTIVE
    create_time { seconds: 1700000000 }
    update_time { seconds: 1700000001 }
  )pb");
}

TEST(GoldenRowsTest, DeletedEntry) {
  ExpectReads<stored::CacheEntry>(kDeletedEntry, R"pb(
    id: 9
    upstream_id: 3
    relative_path: "/library/nginx/manifests/latest"
    digest: "sha256:ab"
    media_type: "application/json"
    size: 123456789012
    upstream_etag: "e"
    upstream_checked_at { seconds: 1700000100 }
    downloads_count: 42
    downloaded_at { seconds: 1700000050 nanos: 3 }
    status: STATUS_PENDING_DELETION
    create_time { seconds: 1700000000 }
    update_time { seconds: 1700000001 }
  )pb");
}

TEST(GoldenRowsTest, AuditEvent) {
  ExpectReads<stored::AuditEvent>(kAuditEvent, R"pb(
    id: 13
    time { seconds: 1700000000 nanos: 7 }
    token_id: 5
    token_name: "ci"
    peer: "10.0.0.1"
    method: "RegistryService.CreateRegistry"
    object: "registry 7"
    group: "acme"
    result: "OK"
    request: "{}"
  )pb");
}

}  // namespace
}  // namespace cvr::testing
