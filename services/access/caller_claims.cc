#include "services/access/caller_claims.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"

namespace cvr {
namespace {

using nlohmann::json;

constexpr char kIssuer[] = "cvr";

json CallerToJson(const Caller& caller) {
  return {
      {"id", caller.token_id},           {"name", caller.token_name},
      {"pull", caller.may_pull},         {"manage", caller.may_manage},
      {"admin", caller.is_admin},        {"group", caller.group},
      {"all_groups", caller.all_groups}, {"registries", caller.registry_ids}};
}

// Throws json::exception.
Caller CallerFromJson(const json& from) {
  Caller caller;
  caller.token_id = from.at("id").get<int64_t>();
  caller.token_name = from.at("name").get<std::string>();
  caller.may_pull = from.at("pull").get<bool>();
  caller.may_manage = from.at("manage").get<bool>();
  caller.is_admin = from.at("admin").get<bool>();
  caller.group = from.at("group").get<std::string>();
  // Tokens of an earlier revision do not say it.
  caller.all_groups = from.value("all_groups", false);
  caller.registry_ids = from.at("registries").get<std::vector<int64_t>>();
  return caller;
}

json AccessToJson(const std::vector<TokenAccess>& access) {
  json list = json::array();
  for (const TokenAccess& one : access) {
    if (one.kind == TokenAccess::Kind::kCatalog) {
      list.push_back({{"type", "registry"},
                      {"name", "catalog"},
                      {"actions", json::array({"*"})}});
    } else {
      list.push_back({{"type", "repository"},
                      {"name", one.name},
                      {"actions", json::array({"pull"})},
                      {"registry_id", one.registry_id},
                      {"repository", one.repository}});
    }
  }
  return list;
}

// Throws json::exception.
std::vector<TokenAccess> AccessFromJson(const json& claims) {
  std::vector<TokenAccess> access;
  if (!claims.contains("access")) return access;
  for (const json& one : claims.at("access")) {
    TokenAccess& to = access.emplace_back();
    to.name = one.at("name").get<std::string>();
    if (one.at("type") == "registry") {
      to.kind = TokenAccess::Kind::kCatalog;
    } else {
      to.registry_id = one.at("registry_id").get<int64_t>();
      to.repository = one.at("repository").get<std::string>();
    }
  }
  return access;
}

// Throws json::exception.
absl::StatusOr<CallerClaims> Parse(const json& from, absl::string_view audience,
                                   absl::Time now) {
  if (from.at("iss") != kIssuer ||
      from.at("aud").get<std::string>() != audience) {
    return errors::Unauthenticated(
        "the bearer token has the wrong audience: it was issued for another "
        "service");
  }
  CallerClaims claims;
  claims.caller = CallerFromJson(from.at("caller"));
  claims.access = AccessFromJson(from);
  claims.audience = std::string(audience);
  claims.issued_at = absl::FromUnixSeconds(from.at("iat").get<int64_t>());
  claims.expires_at = absl::FromUnixSeconds(from.at("exp").get<int64_t>());
  const absl::Time not_before =
      absl::FromUnixSeconds(from.at("nbf").get<int64_t>());
  if (now >= claims.expires_at + kClockSkewMax) {
    return errors::Unauthenticated(
        "the bearer token has expired; log in again");
  }
  if (now < not_before) {
    return errors::Unauthenticated(
        "the bearer token is not valid yet; check the clocks of client and "
        "server");
  }
  return claims;
}

}  // namespace

std::string ToJson(const CallerClaims& claims) {
  const json made = {
      {"iss", kIssuer},
      {"aud", claims.audience},
      {"sub", absl::StrCat(claims.caller.token_id)},
      {"iat", absl::ToUnixSeconds(claims.issued_at)},
      {"nbf", absl::ToUnixSeconds(claims.issued_at - kClockSkewMax)},
      {"exp", absl::ToUnixSeconds(claims.expires_at)},
      {"caller", CallerToJson(claims.caller)},
      {"access", AccessToJson(claims.access)},
  };
  return made.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<CallerClaims> ParseCallerClaims(absl::string_view text,
                                               absl::string_view audience,
                                               absl::Time now) {
  try {
    return Parse(json::parse(text.begin(), text.end()), audience, now);
  } catch (const json::exception&) {
    return errors::Unauthenticated(
        "the bearer token was not issued by this server");
  }
}

}  // namespace cvr
