#include "services/upstream/http/link_header.h"

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace cvr {
namespace {

// Reads a header field from left to right.
class LinkReader {
 public:
  explicit LinkReader(absl::string_view text) : text_(text) {}

  std::vector<Link> ReadAll() {
    std::vector<Link> links;
    while (SkipTo(", \t")) {
      Link link;
      link.target = ReadTarget();
      const bool is_of_this_page = ReadParameters(link);
      if (is_of_this_page && !link.target.empty()) {
        links.push_back(std::move(link));
      }
    }
    return links;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  bool Is(char c) const { return !at_end() && text_[at_] == c; }

  // Skips those of `chars`; false at the end.
  bool SkipTo(absl::string_view chars) {
    while (!at_end() && absl::StrContains(chars, text_[at_])) ++at_;
    return !at_end();
  }

  absl::string_view ReadUntil(absl::string_view chars) {
    const size_t end = text_.find_first_of(chars, at_);
    const absl::string_view read = text_.substr(at_, end - at_);
    at_ += read.size();
    return absl::StripAsciiWhitespace(read);
  }

  // `<...>`, or what stands there instead.
  std::string ReadTarget() {
    if (!Is('<')) return std::string(ReadUntil(";,"));
    ++at_;
    std::string target(ReadUntil(">"));
    ++at_;
    return target;
  }

  std::string ReadValue() {
    SkipTo(" \t");
    if (!Is('"')) return std::string(ReadUntil(";,"));
    std::string value;
    for (++at_; !at_end() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_];
    }
    ++at_;
    return value;
  }

  // Up to the comma that ends a link. False if it belongs elsewhere.
  bool ReadParameters(Link& link) {
    bool has_relations = false;  // RFC 8288: the first `rel` counts.
    bool has_anchor = false;
    while (SkipTo("; \t") && !Is(',')) {
      const std::string name = absl::AsciiStrToLower(ReadUntil("=;,"));
      std::string value;
      if (Is('=')) {
        ++at_;
        value = ReadValue();
      }
      if (name == "anchor") has_anchor = true;
      if (name != "rel" || has_relations) continue;
      has_relations = true;
      link.relations =
          absl::StrSplit(absl::AsciiStrToLower(value), absl::ByAnyChar(" \t"),
                         absl::SkipEmpty());
    }
    return !has_anchor;
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Link> ParseLinks(absl::string_view value) {
  return LinkReader(value).ReadAll();
}

}  // namespace cvr
