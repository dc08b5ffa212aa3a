#include "services/common/rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace cvr {
namespace {

const char* NameOf(Rule::Action action) {
  return action == Rule::Action::kAllow ? "allow" : "deny";
}

const char* NameOf(Rule::Target target) {
  return target == Rule::Target::kRepository ? "repository" : "tag";
}

}  // namespace

std::string Rule::ToString() const {
  return absl::StrCat(NameOf(action), " ", NameOf(target),
                      pattern.is_regex() ? " regex" : "", " '", pattern.text(),
                      "'");
}

std::optional<std::string> RuleSet::WhyExcluded(Rule::Target target,
                                                absl::string_view name) const {
  bool has_allows = false;
  bool is_allowed = false;
  for (const Rule& rule : rules_) {
    if (rule.target != target) continue;
    if (rule.action == Rule::Action::kDeny) {
      if (rule.pattern.Matches(name)) return rule.ToString();
    } else {
      has_allows = true;
      is_allowed = is_allowed || rule.pattern.Matches(name);
    }
  }
  if (!has_allows || is_allowed) return std::nullopt;
  return absl::StrCat("no allow of this ", NameOf(target), " matches");
}

bool RuleSet::HasTagRules() const {
  return absl::c_any_of(rules_, [](const Rule& rule) {
    return rule.target == Rule::Target::kTag;
  });
}

RuleSet RuleSet::TagRules() const {
  std::vector<Rule> of_tags;
  absl::c_copy_if(rules_, std::back_inserter(of_tags), [](const Rule& rule) {
    return rule.target == Rule::Target::kTag;
  });
  return RuleSet(std::move(of_tags));
}

}  // namespace cvr
