#ifndef SERVICES_POLICY_PULL_RULES_H_
#define SERVICES_POLICY_PULL_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/policy/pattern.h"

namespace cvr {

// One rule for the repositories or tags that may be pulled through an upstream.
struct Rule {
  enum class Action { kAllow, kDeny };
  enum class Target { kRepository, kTag };

  Action action;
  Target target;
  Pattern pattern;

  // `deny tag '*-rc*'`, for people.
  std::string ToString() const;
};

// All pull rules of an upstream. A name is excluded if a deny rule matches it,
// or if there are allow rules for its target and none matches. The order of the
// rules does not matter. Immutable. Thread-safe.
class RuleSet {
 public:
  RuleSet() = default;
  explicit RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  // Why the rules exclude `name`, as a text for people; nothing if they do not.
  std::optional<std::string> WhyExcluded(Rule::Target target,
                                         absl::string_view name) const;

  // The same for an object with several names: a deny rule that matches one of
  // `names` excludes it, and if there are allow rules, one of them must match
  // one of `allowed_names`.
  std::optional<std::string> WhyExcluded(
      Rule::Target target, absl::Span<const std::string> names,
      absl::Span<const std::string> allowed_names) const;

  bool AllowsRepository(absl::string_view name) const {
    return !WhyExcluded(Rule::Target::kRepository, name);
  }
  bool AllowsTag(absl::string_view tag) const {
    return !WhyExcluded(Rule::Target::kTag, tag);
  }

  bool HasTagRules() const;
  // The rules whose target is tags.
  RuleSet TagRules() const;

  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
};

}  // namespace cvr

#endif  // SERVICES_POLICY_PULL_RULES_H_
