#include "tools/cvr/declaration/exporter.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "tools/cvr/declaration/yaml_message.h"
#include "yaml-cpp/yaml.h"

namespace cvr::declaration {
namespace {

class Exporter {
 public:
  Exporter(const ServerState& state, bool with_ids)
      : state_(state), with_ids_(with_ids) {}

  YAML::Node Group(const v1::Group& group) {
    YAML::Node node = ToYaml(group);
    const auto policy = state_.cleanup_policies.find(group.name());
    if (policy != state_.cleanup_policies.end() && !IsDefault(policy->second)) {
      node["cleanup_policy"] = ToYaml(policy->second);
    }
    for (const v1::Upstream& upstream : state_.upstreams) {
      if (upstream.group() != group.name()) continue;
      node["upstreams"].push_back(Upstream(upstream));
    }
    for (const v1::Registry& registry : state_.registries) {
      if (registry.group() != group.name()) continue;
      YAML::Node item;
      if (with_ids_) item["id"] = registry.id();
      for (const auto& field : ToYaml(registry)) {
        item[field.first] = field.second;
      }
      for (const std::string& name : state_.UpstreamNames(registry)) {
        item["upstreams"].push_back(name);
      }
      node["registries"].push_back(item);
    }
    return node;
  }

 private:
  YAML::Node Upstream(const v1::Upstream& upstream) {
    YAML::Node node = ToYaml(WithLogin(upstream));
    if (!upstream.username().empty()) {
      node["credentials"]["basic"]["password_env"] =
          Variable("CVR_PASSWORD_", upstream);
    }
    if (!upstream.tls().client_certificate_pem().empty()) {
      node["tls"]["client_key_env"] = Variable("CVR_CLIENT_KEY_", upstream);
    }
    return node;
  }

  // A variable that stands for nothing else.
  std::string Variable(const std::string& prefix,
                       const v1::Upstream& upstream) {
    std::string name = prefix;
    for (const char c : upstream.name()) {
      name += absl::ascii_isalnum(static_cast<unsigned char>(c))
                  ? absl::ascii_toupper(static_cast<unsigned char>(c))
                  : '_';
    }
    std::string free = name;
    for (int i = 2; !variables_.insert(free).second; ++i) {
      free = absl::StrCat(name, "_", i);
    }
    return free;
  }

  const ServerState& state_;
  const bool with_ids_;
  std::set<std::string> variables_;
};

}  // namespace

absl::StatusOr<std::string> Exported(const ServerState& state,
                                     const std::string& group, bool with_ids) {
  if (!group.empty() && state.groups.count(group) == 0) {
    return errors::NoSuch("group", group);
  }
  Exporter exporter(state, with_ids);
  YAML::Node root;
  root["groups"] = YAML::Node(YAML::NodeType::Sequence);
  for (const auto& [name, value] : state.groups) {
    if (!group.empty() && name != group) continue;
    root["groups"].push_back(exporter.Group(value));
  }
  YAML::Emitter emitter;
  emitter << root;
  return absl::StrCat(emitter.c_str(), "\n");
}

}  // namespace cvr::declaration
