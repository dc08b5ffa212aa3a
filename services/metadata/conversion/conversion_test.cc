#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "services/metadata/conversion/access_token_conversion.h"
#include "services/metadata/conversion/cache_entry_conversion.h"
#include "services/metadata/conversion/cleanup_policy_conversion.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/conversion/upstream_conversion.h"

namespace cvr::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Paths of fields that only one of the two messages has: `tls.client_key_pem`.
using Paths = std::set<std::string>;

// Fills messages with values of which no two are equal. In round r an enum has
// its r-th value after the unspecified one, and a oneof its r-th member.
class Filler {
 public:
  Filler(int round, const Paths& left_out)
      : round_(round), left_out_(left_out) {}

  void Fill(Message& message, const std::string& prefix = "") {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string path = absl::StrCat(prefix, field.name());
      if (left_out_.count(path) > 0 || !IsChosen(field)) continue;
      // Two of a list, so that their order counts.
      for (int n = field.is_repeated() ? 2 : 1; n > 0; --n) {
        Set(message, field, path);
      }
    }
  }

 private:
  bool IsChosen(const FieldDescriptor& field) const {
    const auto* const choice = field.containing_oneof();
    return choice == nullptr ||
           field.index_in_oneof() == round_ % choice->field_count();
  }

  template <typename Value, typename Reflection>
  static void Put(Message& message, const FieldDescriptor& field,
                  void (Reflection::*set)(Message*, const FieldDescriptor*,
                                          Value) const,
                  void (Reflection::*add)(Message*, const FieldDescriptor*,
                                          Value) const,
                  Value value) {
    (message.GetReflection()->*(field.is_repeated() ? add : set))(
        &message, &field, std::move(value));
  }

  void Set(Message& message, const FieldDescriptor& field,
           const std::string& path) {
    using R = google::protobuf::Reflection;
    const R& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                 : *reflection.MutableMessage(&message, &field),
             path + ".");
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        Put(message, field, &R::SetString, &R::AddString,
            absl::StrCat("s", ++next_));
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        Put<int32_t>(message, field, &R::SetInt32, &R::AddInt32, ++next_);
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        Put<int64_t>(message, field, &R::SetInt64, &R::AddInt64, ++next_);
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        Put<bool>(message, field, &R::SetBool, &R::AddBool, true);
        return;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int values = field.enum_type()->value_count() - 1;
        Put<int>(message, field, &R::SetEnumValue, &R::AddEnumValue,
                 field.enum_type()->value(1 + round_ % values)->number());
        return;
      }
      default:
        ADD_FAILURE() << path << " has a type that no row had before: "
                      << field.cpp_type_name();
    }
  }

  const int round_;
  const Paths& left_out_;
  int next_ = 0;
};

// As many as the longest enum has values.
constexpr int kRounds = 3;

// That every field of `From` outlives the way there and back, but those of
// `only_here`, and that these do not.
template <typename From, typename There, typename Back>
void ExpectNothingIsLost(There there, Back back, const Paths& only_here) {
  for (int round = 0; round < kRounds; ++round) {
    From whole;
    Filler(round, only_here).Fill(whole);
    EXPECT_EQ(back(there(whole)).DebugString(), whole.DebugString());
    // Each path of the list is needed: with it, something is lost.
    for (const std::string& path : only_here) {
      Paths others = only_here;
      others.erase(path);
      From more;
      Filler(round, others).Fill(more);
      EXPECT_NE(back(there(more)).DebugString(), more.DebugString()) << path;
    }
  }
}

// Both ways. An empty message stays empty: nothing absent becomes present.
template <typename Api, typename Stored>
void ExpectSame(const Paths& only_in_api, const Paths& only_stored = {}) {
  const auto to_stored = [](const Api& api) { return ToStored(api); };
  const auto to_api = [](const Stored& stored) { return ToApi(stored); };
  ExpectNothingIsLost<Api>(to_stored, to_api, only_in_api);
  ExpectNothingIsLost<Stored>(to_api, to_stored, only_stored);
  EXPECT_EQ(ToStored(Api()).ByteSizeLong(), 0u);
  EXPECT_EQ(ToApi(Stored()).ByteSizeLong(), 0u);
}

TEST(ConversionTest, Group) { ExpectSame<v1::Group, stored::Group>({}); }

TEST(ConversionTest, Registry) {
  ExpectSame<v1::Registry, stored::Registry>({"uid", "attachments"},
                                             {"attachments_version"});
}

TEST(ConversionTest, Attachment) {
  ExpectSame<v1::Attachment, stored::Attachment>({});
}

// Fields of earlier rows are translated: stored_policy_test.
TEST(ConversionTest, Upstream) {
  ExpectSame<v1::Upstream, stored::UpstreamResource>(
      {"uid", "credentials", "username", "has_password", "tls.client_key_pem",
       "tls.has_client_key", "effective_cache_policy", "effective_limits",
       "attachments"},
      {"cache_validity", "max_stale", "tag_validities", "tags_validity",
       "referrers_validity", "absence_ttls", "refresh_ahead"});
}

// An access token of nothing is none: there is no empty one.
TEST(ConversionTest, AccessToken) {
  ExpectNothingIsLost<v1::AccessToken>(
      [](const v1::AccessToken& api) { return ToStored(api); },
      [](const stored::AccessTokenResource& row) { return ToApi(row); }, {});
  ExpectNothingIsLost<stored::AccessTokenResource>(
      [](const stored::AccessTokenResource& row) { return ToApi(row); },
      [](const v1::AccessToken& api) { return ToStored(api); }, {});
  EXPECT_TRUE(ToApi(stored::AccessTokenResource()).all_groups());
}

TEST(ConversionTest, CleanupPolicy) {
  const auto there = [](const v1::CleanupPolicy& api) {
    stored::CleanupPolicy row;
    // Nothing of an earlier version of the policy is left.
    row.mutable_policy()->mutable_next_run_time()->set_seconds(1);
    row.mutable_policy()->mutable_create_time()->set_seconds(1);
    row.mutable_policy()->mutable_update_time()->set_seconds(1);
    CopyToStored(api, *row.mutable_policy());
    return row;
  };
  const auto back = [](const stored::CleanupPolicy& row) { return ToApi(row); };
  ExpectNothingIsLost<v1::CleanupPolicy>(there, back, {"last_run"});
  EXPECT_FALSE(there({}).policy().has_next_run_time());
  EXPECT_FALSE(there({}).policy().has_create_time());
}

TEST(ConversionTest, CleanupRun) {
  for (int round = 0; round < kRounds; ++round) {
    stored::CleanupRun row;
    Filler(round, {}).Fill(row);
    const v1::CleanupRun run = ToApi(row);
    EXPECT_EQ(v1::CleanupRun::State_Name(run.state()),
              stored::CleanupRun::State_Name(row.state()));
    EXPECT_EQ(run.start_time().DebugString(), row.start_time().DebugString());
    EXPECT_EQ(run.end_time().DebugString(), row.end_time().DebugString());
    EXPECT_EQ(run.deleted_count(), row.deleted_count());
    EXPECT_EQ(run.deleted_bytes(), row.deleted_bytes());
    EXPECT_EQ(run.error().DebugString(), row.error().DebugString());
    EXPECT_EQ(run.operation_id(), row.operation_id());
    // The last one is the policy's.
    stored::CleanupPolicy policy;
    policy.add_runs();
    *policy.add_runs() = row;
    EXPECT_EQ(ToApi(policy).last_run().DebugString(), run.DebugString());
  }
  EXPECT_EQ(ToApi(stored::CleanupRun()).ByteSizeLong(), 0u);
}

TEST(ConversionTest, CacheEntry) {
  for (int round = 0; round < kRounds; ++round) {
    stored::CacheEntry row;
    Filler(round, {}).Fill(row);
    const v1::CacheEntry entry = ToApi(row);
    EXPECT_EQ(entry.id(), row.id());
    EXPECT_EQ(entry.upstream_id(), row.upstream_id());
    EXPECT_EQ(entry.relative_path(), row.relative_path());
    EXPECT_EQ(entry.digest(), row.digest());
    EXPECT_EQ(entry.media_type(), row.media_type());
    EXPECT_EQ(entry.size_bytes(), row.size());
    EXPECT_EQ(entry.upstream_etag(), row.upstream_etag());
    EXPECT_EQ(entry.last_check_time().DebugString(),
              row.upstream_checked_at().DebugString());
    EXPECT_EQ(entry.pull_count(), row.downloads_count());
    EXPECT_EQ(entry.last_pull_time().DebugString(),
              row.downloaded_at().DebugString());
    EXPECT_EQ(entry.state(), row.status() == stored::CacheEntry::STATUS_ACTIVE
                                 ? v1::CacheEntry::STATE_ACTIVE
                                 : v1::CacheEntry::STATE_DELETING);
    EXPECT_EQ(entry.create_time().DebugString(),
              row.create_time().DebugString());
    EXPECT_EQ(entry.update_time().DebugString(),
              row.update_time().DebugString());
  }
  EXPECT_EQ(ToApi(stored::CacheEntry()).ByteSizeLong(), 0u);
}

// Messages that are there and empty are not the same as absent ones: a
// duration of 0 is not the default.
TEST(ConversionTest, PresenceIsKept) {
  v1::Upstream api;
  api.mutable_cache_policy()->mutable_tag_ttl();
  api.mutable_cache_policy()->mutable_stale_ttl();
  api.mutable_cache_policy()->mutable_negative_ttls()->mutable_refused();
  api.mutable_tls();
  api.mutable_limits()->set_rate_reserve_percent(0);
  api.mutable_failure_policy()->mutable_hidden();
  api.add_rules()->mutable_pattern()->set_wildcard("");
  EXPECT_EQ(ToApi(ToStored(api)).SerializeAsString(), api.SerializeAsString());
  v1::Upstream empty;
  empty.mutable_cache_policy();
  empty.mutable_limits();
  EXPECT_EQ(ToApi(ToStored(empty)).SerializeAsString(),
            empty.SerializeAsString());
}

}  // namespace
}  // namespace cvr::testing
