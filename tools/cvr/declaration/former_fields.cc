#include "tools/cvr/declaration/former_fields.h"

#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/declaration/yaml_message.h"

namespace cvr::declaration {
namespace {

// One field that was called otherwise.
struct FormerField {
  // A path in the map: `limits.open_for`.
  const char* former;
  // Where it stands now; empty = nowhere.
  const char* now;
  // The value for that; null = the same.
  YAML::Node (*value_now)(const YAML::Node& value) = nullptr;
};

// 0 and `never` meant for ever, and `always` that the upstream is always asked.
YAML::Node TtlOfValidity(const YAML::Node& value) {
  if (!value.IsScalar()) return value;
  const std::string& text = value.Scalar();
  if (text == "always") return YAML::Node("0");
  const auto duration = ParseDuration(text);
  const bool is_zero =
      duration.ok() && duration->seconds() == 0 && duration->nanos() == 0;
  return text == "never" || is_zero ? YAML::Node("forever") : value;
}

YAML::Node OverridesOfValidities(const YAML::Node& list) {
  if (!list.IsSequence()) return list;
  for (YAML::Node item : list) {
    if (!item.IsMap() || !item["cache_validity"]) continue;
    item["ttl"] = TtlOfValidity(item["cache_validity"]);
    item.remove("cache_validity");
  }
  return list;
}

// `14` days.
YAML::Node Days(const YAML::Node& number) {
  return number.IsScalar() ? YAML::Node(absl::StrCat(number.Scalar(), "d"))
                           : number;
}

// 0 meant the default.
YAML::Node DefaultOfZero(const YAML::Node& number) {
  return number.IsScalar() && number.Scalar() == "0"
             ? YAML::Node(YAML::NodeType::Null)
             : number;
}

constexpr FormerField kOfUpstream[] = {
    {"cache_validity", "cache_policy.tag_ttl", TtlOfValidity},
    {"tag_validities", "cache_policy.tag_ttl_overrides", OverridesOfValidities},
    {"max_stale", "cache_policy.stale_ttl"},
    {"tags_validity", "cache_policy.tag_list_ttl"},
    {"referrers_validity", "cache_policy.referrers_ttl"},
    {"absence_ttls", "cache_policy.negative_ttls"},
    {"refresh_ahead", "cache_policy.refresh_ahead"},
    {"username", "credentials.basic.username"},
    {"password_env", "credentials.basic.password_env"},
    {"password_file", "credentials.basic.password_file"},
    {"failure_policy.denied", "failure_policy.refused"},
    {"limits.open_for", "limits.open_ttl"},
    {"limits.concurrent_requests", "limits.concurrent_requests", DefaultOfZero},
    {"limits.failures_to_open", "limits.failures_to_open", DefaultOfZero},
};

constexpr FormerField kOfCleanupPolicy[] = {
    {"keep_n_days_after_download", "keep_after_last_pull", Days},
    {"cadence_days", "run_interval", Days},
    {"notify_on_success", ""},
    {"notify_on_failure", ""},
};

using Path = std::vector<std::string>;

// Undefined when there is none.
YAML::Node Find(const YAML::Node& map, const Path& path) {
  YAML::Node found = map;
  for (const std::string& name : path) {
    if (!found.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    // Asked for a key that it lacks, a map that is not const would get it.
    const YAML::Node parent = found;
    const YAML::Node next = parent[name];
    if (!next.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
    found.reset(next);
  }
  return found;
}

void Remove(YAML::Node map, Path path) {
  const std::string name = path.back();
  path.pop_back();
  Find(map, path).remove(name);
}

// Maps on the way are made.
void Put(YAML::Node map, const Path& path, const YAML::Node& value) {
  YAML::Node parent = map;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    YAML::Node next = parent[path[i]];
    if (!next.IsMap()) next = YAML::Node(YAML::NodeType::Map);
    parent.reset(next);
  }
  parent[path.back()] = value;
}

absl::Status Rename(const std::string& file, YAML::Node map,
                    const FormerField& field) {
  const Path former = absl::StrSplit(field.former, '.');
  const YAML::Node found = Find(map, former);
  if (!found.IsDefined()) return absl::OkStatus();
  const YAML::Node value = field.value_now != nullptr && !found.IsNull()
                               ? field.value_now(found)
                               : found;
  if (absl::string_view(field.former) == field.now) {
    Put(map, former, value);
    return absl::OkStatus();
  }
  if (*field.now != '\0') {
    const Path now = absl::StrSplit(field.now, '.');
    if (Find(map, now).IsDefined()) {
      return ErrorAt(file, found,
                     absl::StrCat(field.former, ": is called ", field.now,
                                  " now, which is set too"));
    }
    Put(map, now, value);
  }
  Remove(map, former);
  return absl::OkStatus();
}

}  // namespace

absl::Status RenameFormerFieldsOfUpstream(const std::string& file,
                                          YAML::Node node) {
  if (!node.IsMap()) return absl::OkStatus();
  for (const FormerField& field : kOfUpstream) {
    RETURN_IF_ERROR(Rename(file, node, field));
  }
  return absl::OkStatus();
}

absl::Status RenameFormerFieldsOfCleanupPolicy(const std::string& file,
                                               YAML::Node node) {
  if (!node.IsMap()) return absl::OkStatus();
  for (const FormerField& field : kOfCleanupPolicy) {
    RETURN_IF_ERROR(Rename(file, node, field));
  }
  return absl::OkStatus();
}

}  // namespace cvr::declaration
