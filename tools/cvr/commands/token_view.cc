#include "tools/cvr/commands/token_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using v1::AccessToken;

// No group is called like that.
std::string GroupText(const AccessToken& token) {
  return token.all_groups() ? "all groups" : token.group();
}

std::string ScopesText(const AccessToken& token) {
  return absl::StrJoin(token.scopes(), ",", [](std::string* out, int scope) {
    absl::StrAppend(out, EnumText(static_cast<AccessToken::Scope>(scope)));
  });
}

std::string RegistriesText(const AccessToken& token) {
  return token.registry_ids().empty()
             ? "all"
             : absl::StrJoin(token.registry_ids(), ",");
}

std::string ExpiryText(const AccessToken& token) {
  return token.has_expire_time() ? TimeText(token.expire_time()) : "never";
}

}  // namespace

std::string TokenTable(const std::vector<AccessToken>& tokens) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"NAME"},
                   {"GROUP"},
                   {"SCOPES"},
                   {"REGISTRIES"},
                   {"EXPIRES"},
                   {"LAST USED"},
                   {"CREATED"}});
  for (const AccessToken& token : tokens) {
    table.AddRow({absl::StrCat(token.id()), token.name(), GroupText(token),
                  ScopesText(token), RegistriesText(token), ExpiryText(token),
                  TimeText(token.last_use_time()),
                  TimeText(token.create_time())});
  }
  return table.ToString();
}

std::string TokenFields(const AccessToken& token) {
  FieldTable fields;
  fields.Add("id", absl::StrCat(token.id()));
  fields.Add("name", token.name());
  fields.Add("group", GroupText(token));
  fields.Add("scopes", ScopesText(token));
  fields.Add("registries", RegistriesText(token));
  fields.Add("expires", ExpiryText(token));
  fields.Add("created", TimeText(token.create_time()));
  fields.Add("last used", TimeText(token.last_use_time()));
  return fields.ToString();
}

}  // namespace cvr
