#include "services/policy/pull_rules.h"

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
  const std::string names[] = {std::string(name)};
  return WhyExcluded(target, names, names);
}

std::optional<std::string> RuleSet::WhyExcluded(
    Rule::Target target, absl::Span<const std::string> names,
    absl::Span<const std::string> allowed_names) const {
  bool has_allows = false;
  bool is_allowed = false;
  for (const Rule& rule : rules_) {
    if (rule.target != target) continue;
    const auto matches = [&](const std::string& name) {
      return rule.pattern.Matches(name);
    };
    if (rule.action == Rule::Action::kDeny) {
      if (absl::c_any_of(names, matches)) return rule.ToString();
    } else {
      has_allows = true;
      is_allowed = is_allowed || absl::c_any_of(allowed_names, matches);
    }
  }
  if (!has_allows || is_allowed) return std::nullopt;
  return absl::StrCat("no ", NameOf(target), " allow rule matches");
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
