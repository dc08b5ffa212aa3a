#include "tools/cvr/declaration/declaration.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "tools/cvr/declaration/former_fields.h"
#include "tools/cvr/declaration/yaml_message.h"
#include "yaml-cpp/yaml.h"

namespace cvr::declaration {
namespace {

class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {}

  absl::StatusOr<std::vector<DeclaredGroup>> Groups(const YAML::Node& root) {
    std::vector<DeclaredGroup> groups;
    if (!root.IsMap())
      return Error(root, "expected a mapping with the key `groups`");
    for (const auto& entry : root) {
      const YAML::Node& key = entry.first;
      if (!key.IsScalar() || key.Scalar() != "groups") {
        return Error(key, "unknown top-level key; only `groups` is allowed");
      }
    }
    RETURN_IF_ERROR(Named(root["groups"], "groups", groups,
                          [&](const YAML::Node& node, DeclaredGroup& group) {
                            return Group(node, group);
                          }));
    return groups;
  }

 private:
  absl::Status Error(const YAML::Node& node, absl::string_view what) const {
    return ErrorAt(file_, node, what);
  }

  std::string Where(const YAML::Node& node) const {
    return absl::StrCat(file_, ":", node.Mark().line + 1);
  }

  template <typename D>
  absl::Status Object(const YAML::Node& node,
                      const std::set<std::string>& others, D& declared) {
    declared.where = Where(node);
    return ReadMessage(file_, node, others, declared.value, declared.mentioned);
  }

  // The items of the list `list`, each with a name of its own.
  template <typename D, typename Read>
  absl::Status Named(const YAML::Node& list, const char* what,
                     std::vector<D>& declared, Read read) {
    if (!list || list.IsNull()) return absl::OkStatus();
    if (!list.IsSequence()) {
      return Error(list, absl::StrCat(what, ": expected a list"));
    }
    std::set<std::string> names;
    for (const YAML::Node& node : list) {
      D& item = declared.emplace_back();
      RETURN_IF_ERROR(read(node, item));
      if (item.value.name().empty()) return Error(node, "name: is required");
      item.mentioned.erase("name");
      if (!names.insert(item.value.name()).second) {
        return Error(node, absl::StrCat(what, ": '", item.value.name(),
                                        "' is listed twice"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Group(const YAML::Node& node, DeclaredGroup& group) {
    RETURN_IF_ERROR(
        Object(node, {"cleanup_policy", "upstreams", "registries"}, group));
    const YAML::Node policy = node["cleanup_policy"];
    if (policy && !policy.IsNull()) {
      RETURN_IF_ERROR(RenameFormerFieldsOfCleanupPolicy(file_, policy));
      RETURN_IF_ERROR(Object(policy, {}, group.cleanup_policy.emplace()));
    }
    RETURN_IF_ERROR(
        Named(node["upstreams"], "upstreams", group.upstreams,
              [&](const YAML::Node& item, DeclaredUpstream& upstream) {
                return Upstream(item, upstream);
              }));
    return Named(node["registries"], "registries", group.registries,
                 [&](const YAML::Node& item, DeclaredRegistry& registry) {
                   return Registry(item, registry);
                 });
  }

  absl::Status Upstream(const YAML::Node& node, DeclaredUpstream& upstream) {
    RETURN_IF_ERROR(RenameFormerFieldsOfUpstream(file_, node));
    RETURN_IF_ERROR(Object(node, {}, upstream));
    // Both have been found to be maps, if they are there.
    const YAML::Node credentials = node["credentials"];
    if (credentials && credentials.IsMap()) {
      const YAML::Node basic = credentials["basic"];
      if (basic && basic.IsMap()) {
        RETURN_IF_ERROR(Secret(basic, "password", upstream.password));
      }
    }
    const YAML::Node tls = node["tls"];
    if (!tls || !tls.IsMap()) return absl::OkStatus();
    return Secret(tls, "client_key", upstream.client_key);
  }

  absl::Status Secret(const YAML::Node& node, const std::string& name,
                      std::optional<SecretSource>& secret) {
    const std::pair<std::string, SecretSource::Kind> kinds[] = {
        {name + "_env", SecretSource::Kind::kVariable},
        {name + "_file", SecretSource::Kind::kFile}};
    for (const auto& [key, kind] : kinds) {
      const YAML::Node value = node[key];
      if (!value || value.IsNull()) continue;
      if (!value.IsScalar() || value.Scalar().empty()) {
        return Error(value, absl::StrCat(key, ": expected a name (string)"));
      }
      if (secret) {
        return Error(value, absl::StrCat(key, ": cannot be combined with ",
                                         name, "_env"));
      }
      secret = SecretSource{kind, value.Scalar(), Where(value)};
    }
    return absl::OkStatus();
  }

  // The id, which only a new registry takes from the file.
  absl::Status RegistryId(const YAML::Node& node, DeclaredRegistry& registry) {
    if (!node || node.IsNull()) return absl::OkStatus();
    int64_t id = 0;
    if (!node.IsScalar() || !absl::SimpleAtoi(node.Scalar(), &id) || id <= 0) {
      return Error(node, "id: a whole number above 0 is wanted");
    }
    if (!registry_ids_.insert(id).second) {
      return Error(node, absl::StrCat("id: ", id, " stands there twice"));
    }
    registry.value.set_id(id);
    return absl::OkStatus();
  }

  absl::Status Registry(const YAML::Node& node, DeclaredRegistry& registry) {
    RETURN_IF_ERROR(Object(node, {"id", "upstreams"}, registry));
    RETURN_IF_ERROR(RegistryId(node["id"], registry));
    const YAML::Node list = node["upstreams"];
    if (!list) return absl::OkStatus();
    auto& names = registry.upstreams.emplace();
    if (list.IsNull()) return absl::OkStatus();
    if (!list.IsSequence()) {
      return Error(list, "upstreams: expected a list of upstream names");
    }
    std::set<std::string> seen;
    for (const YAML::Node& name : list) {
      if (!name.IsScalar())
        return Error(name, "upstreams: expected an upstream name (string)");
      if (!seen.insert(name.Scalar()).second) {
        return Error(name, absl::StrCat("upstreams: '", name.Scalar(),
                                        "' is listed twice"));
      }
      names.push_back(name.Scalar());
    }
    return absl::OkStatus();
  }

  const std::string& file_;
  std::set<int64_t> registry_ids_;
};

}  // namespace

absl::StatusOr<std::vector<DeclaredGroup>> ParseDeclaration(
    const std::string& file, const std::string& content) {
  // The library reports what is no YAML by exceptions.
  try {
    return Parser(file).Groups(YAML::Load(content));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace cvr::declaration
