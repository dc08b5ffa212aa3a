#include "services/metadata/admin/upstream_update.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/field_mask_util.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/resources/field_masks.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/validation.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

using U = v1::Upstream;

template <auto Has, auto Mutable, auto Get, auto Clear>
void CopyMessage(const U& from, U& to) {
  if ((from.*Has)()) {
    *(to.*Mutable)() = (from.*Get)();
  } else {
    (to.*Clear)();
  }
}

// Parts of these may be named: who changes one keeps the others.
bool IsNested(absl::string_view path) {
  for (const absl::string_view outer :
       {"failure_policy", "absence_ttls", "limits"}) {
    absl::string_view rest = path;
    if (absl::ConsumePrefix(&rest, outer) && (rest.empty() || rest[0] == '.')) {
      return true;
    }
  }
  return false;
}

absl::Status Apply(const v1::UpdateUpstreamRequest& request, U& to) {
  using google::protobuf::util::FieldMaskUtil;
  google::protobuf::FieldMask plain;
  google::protobuf::FieldMask nested;
  for (const std::string& path : request.update_mask().paths()) {
    (IsNested(path) ? nested : plain).add_paths(path);
    if (!FieldMaskUtil::IsValidPath<U>(path)) {
      return errors::FieldInvalid(
          "update_mask", absl::StrCat("'", path, "' cannot be updated"),
          v1::FIELD_UNKNOWN);
    }
  }
  FieldMaskUtil::MergeOptions replace;
  replace.set_replace_message_fields(true);
  FieldMaskUtil::MergeMessageTo(request.upstream(), nested, replace, &to);
  if (plain.paths().empty() && !nested.paths().empty()) return absl::OkStatus();
  return ApplyMask<U>(
      plain,
      {{"name", [](const U& f, U& t) { t.set_name(f.name()); }},
       {"description",
        [](const U& f, U& t) { t.set_description(f.description()); }},
       {"url", [](const U& f, U& t) { t.set_url(f.url()); }},
       {"username", [](const U& f, U& t) { t.set_username(f.username()); }},
       {"password", [](const U& f, U& t) { t.set_password(f.password()); }},
       {"cache_validity",
        CopyMessage<&U::has_cache_validity, &U::mutable_cache_validity,
                    &U::cache_validity, &U::clear_cache_validity>},
       {"max_stale", CopyMessage<&U::has_max_stale, &U::mutable_max_stale,
                                 &U::max_stale, &U::clear_max_stale>},
       {"tls",
        CopyMessage<&U::has_tls, &U::mutable_tls, &U::tls, &U::clear_tls>},
       {"tls.ca_bundle_pem",
        [](const U& f, U& t) {
          t.mutable_tls()->set_ca_bundle_pem(f.tls().ca_bundle_pem());
        }},
       {"tls.client_certificate_pem",
        [](const U& f, U& t) {
          t.mutable_tls()->set_client_certificate_pem(
              f.tls().client_certificate_pem());
        }},
       {"tls.client_key_pem",
        [](const U& f, U& t) {
          t.mutable_tls()->set_client_key_pem(f.tls().client_key_pem());
        }},
       {"tls.insecure_skip_verify",
        [](const U& f, U& t) {
          t.mutable_tls()->set_insecure_skip_verify(
              f.tls().insecure_skip_verify());
        }},
       {"source_namespaces",
        [](const U& f, U& t) {
          *t.mutable_source_namespaces() = f.source_namespaces();
        }},
       {"trusted_token_realms",
        [](const U& f, U& t) {
          *t.mutable_trusted_token_realms() = f.trusted_token_realms();
        }},
       {"tag_validities",
        [](const U& f, U& t) {
          *t.mutable_tag_validities() = f.tag_validities();
        }},
       {"rules", [](const U& f, U& t) { *t.mutable_rules() = f.rules(); }},
       {"tags_validity",
        CopyMessage<&U::has_tags_validity, &U::mutable_tags_validity,
                    &U::tags_validity, &U::clear_tags_validity>},
       {"referrers_validity",
        CopyMessage<&U::has_referrers_validity, &U::mutable_referrers_validity,
                    &U::referrers_validity, &U::clear_referrers_validity>},
       {"refresh_ahead",
        [](const U& f, U& t) { t.set_refresh_ahead(f.refresh_ahead()); }},
       {"disabled", [](const U& f, U& t) { t.set_disabled(f.disabled()); }}},
      request.upstream(), to);
}

// Credentials are for the host they were given for: whoever may only edit must
// not be able to send them elsewhere.
void DropCredentialsOfOtherUrl(const U& before,
                               const v1::UpdateUpstreamRequest& request,
                               U& after) {
  if (NormalizedUpstreamUrl(before.url()) ==
      NormalizedUpstreamUrl(after.url())) {
    return;
  }
  const auto& mask = request.update_mask();
  if (MaskHas(mask, "username") && MaskHas(mask, "password")) return;
  after.clear_username();
  after.clear_password();
}

}  // namespace

absl::StatusOr<v1::Upstream> Updated(const v1::Upstream& before,
                                     const v1::UpdateUpstreamRequest& given) {
  v1::UpdateUpstreamRequest request = given;
  RETURN_IF_ERROR(GatherPassword(*request.mutable_upstream(),
                                 request.mutable_update_mask()));
  U after = before;
  RETURN_IF_ERROR(Apply(request, after));
  DropCredentialsOfOtherUrl(before, request, after);
  RETURN_IF_ERROR(Validate(after));
  return after;
}

}  // namespace cvr
