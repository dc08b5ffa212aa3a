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
#include "services/metadata/conversion/audit_event_conversion.h"
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
  ExpectSame<v1::Registry, stored::Registry>({"upstreams"});
}

TEST(ConversionTest, Attachment) {
  ExpectSame<v1::RegistryUpstream, stored::Attachment>({});
}

TEST(ConversionTest, Upstream) {
  ExpectSame<v1::Upstream, stored::UpstreamResource>(
      {"username", "password", "password_bytes", "tls.client_key_pem",
       "registry_upstreams"});
}

TEST(ConversionTest, AccessToken) {
  ExpectSame<v1::AccessToken, stored::AccessTokenResource>({});
}

TEST(ConversionTest, CleanupPolicy) {
  ExpectSame<v1::CleanupPolicy, stored::CleanupPolicyResource>({});
}

TEST(ConversionTest, CacheEntry) {
  ExpectSame<v1::CacheEntry, stored::CacheEntry>({});
}

TEST(ConversionTest, AuditEvent) {
  ExpectSame<v1::AuditEvent, stored::AuditEvent>({});
}

// Messages that are there and empty are not the same as absent ones: a
// duration of 0 is not the default.
TEST(ConversionTest, PresenceIsKept) {
  v1::Upstream api;
  api.mutable_cache_validity();
  api.mutable_max_stale();
  api.mutable_tls();
  api.mutable_absence_ttls()->mutable_refused();
  api.mutable_limits()->mutable_open_for();
  api.mutable_failure_policy()->mutable_hidden();
  api.add_rules()->mutable_pattern()->set_wildcard("");
  EXPECT_EQ(ToApi(ToStored(api)).SerializeAsString(), api.SerializeAsString());
}

}  // namespace
}  // namespace cvr::testing
