#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cvr/internal/v1/auth_service.pb.h"
#include "cvr/internal/v1/blob_service.pb.h"
#include "cvr/internal/v1/cache_record_service.pb.h"
#include "cvr/internal/v1/facade_service.pb.h"
#include "cvr/internal/v1/operation_record_service.pb.h"
#include "cvr/internal/v1/resolution_service.pb.h"
#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/error_reason.pb.h"
#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/fetch_service.pb.h"
#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "cvr/v1/server_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "cvr/v1/upstream_state_service.pb.h"
#include "cvr/v1/upstream_test_service.pb.h"
#include "cvr/v1/watch_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "services/metadata/store/stored_access_token.pb.h"
#include "services/metadata/store/stored_audit_event.pb.h"
#include "services/metadata/store/stored_cache.pb.h"
#include "services/metadata/store/stored_cleanup_policy.pb.h"
#include "services/metadata/store/stored_operation.pb.h"
#include "services/metadata/store/stored_registry.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/process/sensitive_fields.h"
#include "tests/support/sensitive_sample.pb.h"

// Which fields are marked with cvr.v1.sensitive, and what may hold those.
namespace cvr::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// They link in what they are in, and what that imports.
const FileDescriptor* const kLinkedIn[] = {
    internal::v1::AuthenticateRequest::descriptor()->file(),
    internal::v1::ReadRequest::descriptor()->file(),
    internal::v1::FacadeSettings::descriptor()->file(),
    internal::v1::GetUpstreamAccessResponse::descriptor()->file(),
    internal::v1::ResolveRequest::descriptor()->file(),
    internal::v1::StartOperationRequest::descriptor()->file(),
    v1::CreateAccessTokenRequest::descriptor()->file(),
    v1::GetAttachmentRequest::descriptor()->file(),
    v1::ListAuditEventsRequest::descriptor()->file(),
    v1::GetCacheEntryRequest::descriptor()->file(),
    v1::GetCacheStatsRequest::descriptor()->file(),
    v1::GetCleanupPolicyRequest::descriptor()->file(),
    v1::ErrorReason_descriptor()->file(),
    v1::ListFetchesRequest::descriptor()->file(),
    v1::ExplainRequest::descriptor()->file(),
    v1::GetGroupRequest::descriptor()->file(),
    v1::GetOperationRequest::descriptor()->file(),
    v1::RefreshTagRequest::descriptor()->file(),
    v1::GetRegistryRequest::descriptor()->file(),
    v1::RotateSecretKeyRequest::descriptor()->file(),
    v1::GetServerInfoRequest::descriptor()->file(),
    v1::TestUpstreamRequest::descriptor()->file(),
    v1::GetUpstreamRequest::descriptor()->file(),
    v1::ListUpstreamStatesRequest::descriptor()->file(),
    v1::WatchResourcesRequest::descriptor()->file(),
    stored::AccessToken::descriptor()->file(),
    stored::AuditEvent::descriptor()->file(),
    stored::CacheEntry::descriptor()->file(),
    stored::CleanupPolicy::descriptor()->file(),
    stored::Group::descriptor()->file(),
    stored::Operation::descriptor()->file(),
    stored::Upstream::descriptor()->file(),
};

// Parts of names that secrets have.
constexpr const char* kSecretWords[] = {
    "auth", "bearer",  "cookie", "credential", "jwt",
    "key",  "passphr", "passw",  "private",    "secret",
    "seed", "session", "token",  "signature"};

// Names with such a part that are no secrets -> why.
const std::map<std::string, std::string>& NoSecrets() {
  static const auto* const names = new std::map<std::string, std::string>{
      {"page_token", "a place in a list; it gives no right to anything"},
      {"next_page_token", "the same"},
      {"token_name", "what people call an access token"},
      {"trusted_token_realms", "hosts that hand out tokens"},
      {"public_key_pem", "verifies signatures and makes none"},
  };
  return *names;
}

std::vector<const FileDescriptor*> OwnFiles() {
  std::vector<const FileDescriptor*> files(std::begin(kLinkedIn),
                                           std::end(kLinkedIn));
  const auto& pool = *google::protobuf::DescriptorPool::generated_pool();
  for (const std::string folder : {"cvr/v1/", "cvr/internal/v1/"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator("protos/" + folder)) {
      if (entry.path().extension() != ".proto") continue;
      const std::string name = folder + entry.path().filename().string();
      const FileDescriptor* const file = pool.FindFileByName(name);
      EXPECT_NE(file, nullptr) << name << " is to be named in kLinkedIn";
      if (file != nullptr) files.push_back(file);
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

bool IsText(const FieldDescriptor& field) {
  if (field.is_map()) return IsText(*field.message_type()->map_value());
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool LooksSecret(const FieldDescriptor& field) {
  if (!IsText(field) || NoSecrets().count(field.name()) > 0) return false;
  const std::string name = absl::AsciiStrToLower(field.name());
  return std::any_of(
      std::begin(kSecretWords), std::end(kSecretWords),
      [&](const char* word) { return absl::StrContains(name, word); });
}

template <typename Visit>
void VisitFields(const Descriptor& type, const Visit& visit) {
  if (type.options().map_entry()) return;
  for (int i = 0; i < type.field_count(); ++i) visit(*type.field(i));
  for (int i = 0; i < type.nested_type_count(); ++i) {
    VisitFields(*type.nested_type(i), visit);
  }
}

std::vector<std::string> Unmarked(const FileDescriptor& file) {
  std::vector<std::string> names;
  for (int i = 0; i < file.message_type_count(); ++i) {
    VisitFields(*file.message_type(i), [&](const FieldDescriptor& field) {
      if (!LooksSecret(field) || IsSensitive(field)) return;
      names.push_back(field.full_name());
    });
  }
  return names;
}

// The sensitive fields that a message of this type can have in it.
std::set<std::string> SensitiveIn(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  std::vector<const Descriptor*> left = {&type};
  std::set<std::string> names;
  while (!left.empty()) {
    const Descriptor* const next = left.back();
    left.pop_back();
    if (!seen.insert(next).second) continue;
    for (int i = 0; i < next->field_count(); ++i) {
      const FieldDescriptor& field = *next->field(i);
      if (IsSensitive(field)) names.insert(field.full_name());
      if (field.message_type() != nullptr) left.push_back(field.message_type());
    }
  }
  return names;
}

// `UpstreamService.GetUpstream: cvr.v1.Upstream.password` of all methods of a
// package whose answers can hold sensitive fields.
std::set<std::string> SensitiveAnswers(const std::string& package) {
  std::set<std::string> found;
  int methods = 0;
  for (const FileDescriptor* const file : OwnFiles()) {
    if (file->package() != package) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      const auto& service = *file->service(i);
      for (int k = 0; k < service.method_count(); ++k) {
        ++methods;
        const auto& method = *service.method(k);
        for (const auto& name : SensitiveIn(*method.output_type())) {
          found.insert(
              absl::StrCat(service.name(), ".", method.name(), ": ", name));
        }
      }
    }
  }
  EXPECT_GT(methods, 10);
  return found;
}

TEST(SensitiveMarksTest, EveryFieldThatLooksSecretIsMarked) {
  for (const FileDescriptor* const file : OwnFiles()) {
    EXPECT_THAT(Unmarked(*file), IsEmpty())
        << file->name() << ": mark it with (cvr.v1.sensitive) = true, or say "
        << "in NoSecrets() why it is none";
  }
}

TEST(SensitiveMarksTest, WhatIsPlantedIsFound) {
  EXPECT_THAT(Unmarked(*UnmarkedSample::descriptor()->file()),
              ElementsAre("cvr.testing.UnmarkedSample.password",
                          "cvr.testing.UnmarkedSample.api_token",
                          "cvr.testing.UnmarkedSample.signing_keys",
                          "cvr.testing.UnmarkedSample.credentials",
                          "cvr.testing.UnmarkedSample.shared_secret",
                          "cvr.testing.UnmarkedSample.Nested.private_note"));
  EXPECT_THAT(
      SensitiveIn(*UnmarkedAnswer::descriptor()),
      UnorderedElementsAre("cvr.testing.SensitiveSample.hidden_map",
                           "cvr.testing.SensitiveSample.hidden_list",
                           "cvr.testing.SensitiveSample.hidden_part",
                           "cvr.testing.SensitiveSample.hidden_text",
                           "cvr.testing.SensitiveSample.Part.hidden",
                           "cvr.testing.SensitiveSample.Part.hidden_bytes"));
}

// An exception that nothing needs lets the next secret of that name pass.
TEST(SensitiveMarksTest, EveryExceptionIsInUse) {
  std::set<std::string> names;
  for (const FileDescriptor* const file : OwnFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      VisitFields(*file->message_type(i), [&](const FieldDescriptor& field) {
        if (IsText(field)) names.insert(field.name());
      });
    }
  }
  for (const auto& [name, reason] : NoSecrets()) {
    EXPECT_EQ(names.count(name), 1) << name;
    EXPECT_NE(reason, "");
  }
}

// Secrets that are made are answered once. What is input only is in a resource
// and so in the type of answers, of these methods and no others; that it is in
// no answer is the promise of RedactedUpstream().
TEST(SensitiveMarksTest, NoOtherPublicAnswerCanHoldSecrets) {
  std::set<std::string> expected = {
      "AccessTokenService.CreateAccessToken: "
      "cvr.v1.CreateAccessTokenResponse.secret"};
  for (const char* method :
       {"UpstreamService.CreateUpstream", "UpstreamService.GetUpstream",
        "UpstreamService.ListUpstreams", "UpstreamService.UpdateUpstream",
        "WatchService.WatchResources"}) {
    for (const char* field :
         {"BasicCredentials.password", "BasicCredentials.password_bytes",
          "TlsSettings.client_key_pem"}) {
      expected.insert(absl::StrCat(method, ": cvr.v1.", field));
    }
  }
  EXPECT_EQ(SensitiveAnswers("cvr.v1"), expected);
}

}  // namespace
}  // namespace cvr::testing
