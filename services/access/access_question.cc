#include "services/access/access_question.h"

#include "absl/strings/str_cat.h"

namespace cvr {

const char* KindName(AccessQuestion::Kind kind) {
  switch (kind) {
    case AccessQuestion::Kind::kNone:
      return "";
    case AccessQuestion::Kind::kGroup:
      return "group";
    case AccessQuestion::Kind::kRegistry:
      return "registry";
    case AccessQuestion::Kind::kUpstream:
      return "upstream";
    case AccessQuestion::Kind::kCacheEntry:
      return "cache entry";
    case AccessQuestion::Kind::kAttachment:
      return "attachment";
    case AccessQuestion::Kind::kOperation:
      return "operation";
  }
  return "";
}

std::string NameOfObject(const AccessQuestion& question) {
  switch (question.kind) {
    case AccessQuestion::Kind::kNone:
      return "";
    case AccessQuestion::Kind::kGroup:
      return absl::StrCat("group ", question.name);
    default:
      return absl::StrCat(KindName(question.kind), " ", question.id);
  }
}

}  // namespace cvr
