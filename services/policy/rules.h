#ifndef SERVICES_POLICY_RULES_H_
#define SERVICES_POLICY_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/policy/pattern.h"

namespace cvr {

// One line of what may be pulled through an upstream.
struct Rule {
  enum class Action { kAllow, kDeny };
  enum class Target { kRepository, kTag };

  Action action;
  Target target;
  Pattern pattern;

  // `deny tag '*-rc*'`, for people.
  std::string ToString() const;
};

// All of them: any deny that matches excludes, and where there are allows of a
// target, one of them must match. Immutable. Thread-safe.
class RuleSet {
 public:
  RuleSet() = default;
  explicit RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  // Why `name` is excluded, for people; nothing when it is not.
  std::optional<std::string> WhyExcluded(Rule::Target target,
                                         absl::string_view name) const;

  // The same of what has two names: a deny of either excludes, and where there
  // are allows, one of them must match one of `allowed_names`.
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
  // Those that concern tags.
  RuleSet TagRules() const;

  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
};

}  // namespace cvr

#endif  // SERVICES_POLICY_RULES_H_
