#include "services/metadata/resources/validation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/time_wire.h"
#include "services/common/utf8.h"
#include "services/metadata/resources/policy_wire.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/network/host.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

// Tokens of ECR and ACR have 2 to 4 KB, JSON keys of Google as much. The header
// that a password is sent in has a third more.
constexpr size_t kPasswordBytesMax = 16 * 1024;

// Callers carry them along.
constexpr int kRegistriesPerTokenMax = 100;

bool HasControls(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(c)) return true;
  }
  return false;
}

// Nothing when it is no number of whole days.
std::optional<int64_t> WholeDays(const google::protobuf::Duration& duration) {
  constexpr int64_t kSecondsPerDay = int64_t{24} * 60 * 60;
  if (duration.nanos() != 0 || duration.seconds() % kSecondsPerDay != 0) {
    return std::nullopt;
  }
  return duration.seconds() / kSecondsPerDay;
}

// Gathers what is wrong.
class Checker {
 public:
  void Require(bool holds, absl::string_view field,
               absl::string_view description,
               v1::FieldReason reason = v1::FIELD_REASON_UNSPECIFIED) {
    if (holds) return;
    violations_.push_back(
        {std::string(field), std::string(description), reason});
  }

  void AtMost(size_t chars_max, absl::string_view field,
              absl::string_view text) {
    Require(Utf8Length(text) <= chars_max, field,
            absl::StrCat("must have at most ", chars_max, " characters"),
            v1::FIELD_TOO_LONG);
  }

  void Name(absl::string_view name) {
    Require(!name.empty(), "name", "must be set", v1::FIELD_REQUIRED);
    AtMost(limits::kNameCharsMax, "name", name);
    Require(!HasControls(name), "name", "must not contain control characters");
  }

  // The group that owns it.
  void Group(absl::string_view group) {
    Require(!group.empty(), "group", "must be set", v1::FIELD_REQUIRED);
  }

  void Description(absl::string_view description) {
    AtMost(limits::kDescriptionCharsMax, "description", description);
  }

  void Within(absl::string_view field, int value, int min, int max) {
    Require(value >= min && value <= max, field,
            absl::StrCat("must be ", min, " to ", max));
  }

  void BothOrNeither(absl::string_view a_field, absl::string_view a,
                     absl::string_view b_field, absl::string_view b) {
    const std::string description =
        absl::StrCat("must be set when ", a.empty() ? b_field : a_field, " is");
    Require(a.empty() == b.empty(), a.empty() ? a_field : b_field, description,
            v1::FIELD_REQUIRED);
  }

  void Duration(absl::string_view field,
                const google::protobuf::Duration& duration) {
    Require(duration.seconds() >= 0 && duration.nanos() >= 0, field,
            "must not be negative");
    Require(duration.seconds() <= limits::kForEverSeconds &&
                duration.nanos() < 1'000'000'000,
            field, "must be a duration");
  }

  void Pem(absl::string_view field, absl::string_view text,
           absl::string_view what) {
    if (text.empty()) return;
    Require(text.size() <= limits::kPemBytesMax, field,
            absl::StrCat("must have at most ", limits::kPemBytesMax, " bytes"),
            v1::FIELD_TOO_LONG);
    Require(absl::StrContains(text, "-----BEGIN ") &&
                absl::StrContains(text, absl::StrCat(what, "-----")),
            field, absl::StrCat("must contain a PEM ", what));
  }

  void AtMostEntries(int entries_max, absl::string_view field, int entries) {
    Require(entries <= entries_max, field,
            absl::StrCat("must have at most ", entries_max, " entries"),
            v1::FIELD_TOO_LONG);
  }

  template <typename Hosts>
  void HostList(absl::string_view field, const Hosts& hosts) {
    Require(hosts.size() <= limits::kHostsPerUpstreamMax, field,
            absl::StrCat("must have at most ", limits::kHostsPerUpstreamMax,
                         " entries"),
            v1::FIELD_TOO_LONG);
    for (int i = 0; i < hosts.size(); ++i) {
      Require(IsHostAndPort(hosts[i]), absl::StrCat(field, "[", i, "]"),
              "must be host or host:port");
    }
  }

  absl::Status status() && {
    if (violations_.empty()) return absl::OkStatus();
    return errors::FieldsInvalid(std::move(violations_));
  }

 private:
  std::vector<FieldViolation> violations_;
};

bool IsGroupPart(absl::string_view part) {
  if (part.empty() || part == "." || part == "..") return false;
  for (const char c : part) {
    if (!absl::ascii_isdigit(c) && !absl::ascii_islower(c) &&
        !absl::StrContains("._-", c)) {
      return false;
    }
  }
  return true;
}

bool IsGroupName(absl::string_view name) {
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (!IsGroupPart(part)) return false;
  }
  return name.size() <= limits::kNameCharsMax;
}

void CheckTls(Checker& check, const v1::TlsSettings& tls) {
  check.Pem("tls.ca_bundle_pem", tls.ca_bundle_pem(), "CERTIFICATE");
  check.Pem("tls.client_certificate_pem", tls.client_certificate_pem(),
            "CERTIFICATE");
  check.Pem("tls.client_key_pem", tls.client_key_pem(), "PRIVATE KEY");
  check.BothOrNeither("tls.client_certificate_pem",
                      tls.client_certificate_pem(), "tls.client_key_pem",
                      tls.client_key_pem());
}

void CheckCredentials(Checker& check, const v1::Upstream& upstream) {
  if (!upstream.has_credentials()) return;
  constexpr absl::string_view kUsername = "credentials.basic.username";
  constexpr absl::string_view kPassword = "credentials.basic.password";
  // A kind that this revision does not know is not taken for none.
  check.Require(upstream.credentials().has_basic(), "credentials.basic",
                "must be set", v1::FIELD_REQUIRED);
  if (!upstream.credentials().has_basic()) return;
  const std::string& username = upstream.credentials().basic().username();
  const std::string& password = PasswordOf(upstream);
  check.Require(!username.empty(), kUsername, "must be set",
                v1::FIELD_REQUIRED);
  check.Require(!password.empty(), kPassword, "must be set",
                v1::FIELD_REQUIRED);
  check.AtMost(limits::kCredentialCharsMax, kUsername, username);
  check.Require(password.size() <= kPasswordBytesMax, kPassword,
                absl::StrCat("must have at most ", kPasswordBytesMax, " bytes"),
                v1::FIELD_TOO_LONG);
  // RFC 7617, section 2, has no control characters in passwords either, but
  // JSON keys have line breaks. Base64 carries them.
  check.Require(!HasControls(username) && !absl::StrContains(username, ':'),
                kUsername, "must not contain `:` or control characters");
  check.Require(!absl::StrContains(password, '\0'), kPassword,
                "must have no NUL");
}

void CheckCachePolicy(Checker& check, const v1::CachePolicy& policy) {
  check.Duration("cache_policy.tag_ttl", policy.tag_ttl());
  check.Duration("cache_policy.stale_ttl", policy.stale_ttl());
  check.Duration("cache_policy.tag_list_ttl", policy.tag_list_ttl());
  check.Duration("cache_policy.referrers_ttl", policy.referrers_ttl());
  const auto& ttls = policy.negative_ttls();
  check.Duration("cache_policy.negative_ttls.manifest_not_found",
                 ttls.manifest_not_found());
  check.Duration("cache_policy.negative_ttls.blob_not_found",
                 ttls.blob_not_found());
  check.Duration("cache_policy.negative_ttls.refused", ttls.refused());
  check.AtMostEntries(limits::kTagTtlOverridesPerUpstreamMax,
                      "cache_policy.tag_ttl_overrides",
                      policy.tag_ttl_overrides_size());
  for (int i = 0; i < policy.tag_ttl_overrides_size(); ++i) {
    const auto& one = policy.tag_ttl_overrides(i);
    const std::string field =
        absl::StrCat("cache_policy.tag_ttl_overrides[", i, "]");
    const auto pattern = FromWire(one.tag());
    check.Require(pattern.ok(), field + ".tag", pattern.status().message());
    check.Require(one.has_ttl(), field + ".ttl", "must be set",
                  v1::FIELD_REQUIRED);
    check.Duration(field + ".ttl", one.ttl());
  }
}

void CheckRules(Checker& check, const v1::Upstream& upstream) {
  check.AtMostEntries(limits::kRulesPerUpstreamMax, "rules",
                      upstream.rules_size());
  for (int i = 0; i < upstream.rules_size(); ++i) {
    const absl::Status rule = FromWire(upstream.rules(i)).status();
    for (const auto& violation : FieldViolationsOf(rule)) {
      check.Require(false, absl::StrCat("rules[", i, "].", violation.field),
                    violation.description);
    }
  }
}

void CheckLimits(Checker& check, const v1::UpstreamLimits& given) {
  if (given.has_concurrent_requests()) {
    check.Within("limits.concurrent_requests", given.concurrent_requests(), 1,
                 limits::kConcurrentRequestsMax);
  }
  if (given.has_failures_to_open()) {
    check.Within("limits.failures_to_open", given.failures_to_open(), 1,
                 limits::kFailuresToOpenMax);
  }
  if (given.has_rate_reserve_percent()) {
    check.Within("limits.rate_reserve_percent", given.rate_reserve_percent(), 0,
                 100);
  }
  if (!given.has_open_ttl()) return;
  const absl::Duration open_ttl = FromWire(given.open_ttl());
  check.Require(open_ttl >= absl::Seconds(limits::kCircuitOpenSecondsMin) &&
                    open_ttl <= absl::Seconds(limits::kCircuitOpenSecondsMax),
                "limits.open_ttl", "must be 1 s to 1 h");
}

void CheckTokenAccess(Checker& check, const v1::AccessToken& token,
                      bool is_admin) {
  switch (token.access_case()) {
    case v1::AccessToken::kGroup:
      check.Require(!is_admin, "all_groups",
                    "must be set for SCOPE_ADMIN, which covers all groups");
      check.Require(IsGroupName(token.group()), "group",
                    "must be a valid group name");
      break;
    case v1::AccessToken::kAllGroups:
      check.Require(token.all_groups(), "all_groups", "must be true");
      break;
    default:
      check.Require(false, is_admin ? "all_groups" : "group",
                    is_admin ? "must be set for SCOPE_ADMIN"
                             : "must be set, or all_groups",
                    v1::FIELD_REQUIRED);
  }
}

}  // namespace

absl::Status Validate(const v1::Group& group) {
  Checker check;
  check.Require(
      IsGroupName(group.name()), "name",
      "must have 1-255 characters: lower-case letters, digits, `.`, "
      "`_` and `-`, in parts separated by `/`",
      group.name().empty() ? v1::FIELD_REQUIRED : v1::FIELD_REASON_UNSPECIFIED);
  check.Description(group.description());
  return std::move(check).status();
}

absl::Status Validate(const v1::Registry& registry) {
  Checker check;
  check.Group(registry.group());
  check.Name(registry.name());
  check.Description(registry.description());
  return std::move(check).status();
}

absl::Status Validate(const v1::Upstream& upstream) {
  Checker check;
  check.Group(upstream.group());
  check.Name(upstream.name());
  check.AtMost(limits::kNameCharsMax, "display_name", upstream.display_name());
  check.Require(!HasControls(upstream.display_name()), "display_name",
                "must not contain control characters");
  check.Description(upstream.description());
  const std::string url_error = UpstreamUrlError(upstream.url());
  check.Require(url_error.empty(), "url", url_error);
  CheckCredentials(check, upstream);
  CheckTls(check, upstream.tls());
  CheckCachePolicy(check, upstream.cache_policy());
  CheckRules(check, upstream);
  CheckLimits(check, upstream.limits());
  check.HostList("source_namespaces", upstream.source_namespaces());
  check.HostList("trusted_token_realms", upstream.trusted_token_realms());
  return std::move(check).status();
}

absl::Status Validate(const v1::AccessToken& token) {
  Checker check;
  check.Name(token.name());
  bool is_admin = false;
  for (int i = 0; i < token.scopes_size(); ++i) {
    const auto scope = token.scopes(i);
    is_admin = is_admin || scope == v1::AccessToken::SCOPE_ADMIN;
    check.Require(scope != v1::AccessToken::SCOPE_UNSPECIFIED &&
                      v1::AccessToken::Scope_IsValid(scope),
                  absl::StrCat("scopes[", i, "]"),
                  "must be SCOPE_READ, SCOPE_MANAGE or SCOPE_ADMIN");
  }
  check.Require(!token.scopes().empty(), "scopes",
                "must have at least one entry", v1::FIELD_REQUIRED);
  CheckTokenAccess(check, token, is_admin);
  check.AtMostEntries(kRegistriesPerTokenMax, "registry_ids",
                      token.registry_ids_size());
  check.Require(token.has_group() || token.registry_ids().empty(),
                "registry_ids", "must be empty without a group");
  return std::move(check).status();
}

absl::Status Validate(const v1::CleanupPolicy& policy) {
  Checker check;
  const auto keep = WholeDays(policy.keep_after_last_pull());
  check.Require(keep && *keep >= 1 && *keep <= limits::kCleanupKeepDaysMax,
                "keep_after_last_pull",
                absl::StrCat("must be 1 to ", limits::kCleanupKeepDaysMax,
                             " whole days (a day is 86400s)"));
  const auto interval = WholeDays(policy.run_interval());
  check.Require(
      interval && (*interval == 1 || *interval == 7 || *interval == 14 ||
                   *interval == 30 || *interval == 90),
      "run_interval", "must be 1, 7, 14, 30 or 90 days (a day is 86400s)");
  return std::move(check).status();
}

}  // namespace cvr
