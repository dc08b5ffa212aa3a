#include "gateway/tag_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "nlohmann/json.hpp"

namespace cvr {
namespace {

// Lists may be long, so no tree is made of them.
class TagReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TagReader(TagPage& page) : page_(page) {}

  // Whether it was an object that has `tags`, and tags are strings.
  bool found() const { return found_; }

  bool start_object(size_t) override { return ++depth_ == 1; }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    in_tags_ = name == "tags";
    return true;
  }
  bool start_array(size_t) override {
    if (!in_tags_ || found_) return false;
    found_ = true;
    return true;
  }
  bool end_array() override {
    in_tags_ = false;
    return true;
  }
  bool string(string_t& value) override {
    if (!in_tags_ || !found_) return false;
    page_.Add(value);
    return true;
  }

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return false; }
  bool number_unsigned(number_unsigned_t) override { return false; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool binary(binary_t&) override { return false; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::json::exception&) override {
    return false;
  }

 private:
  TagPage& page_;
  int depth_ = 0;
  bool in_tags_ = false;
  bool found_ = false;
};

}  // namespace

bool TagPrecedes(absl::string_view a, absl::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  for (size_t i = 0; i < size; ++i) {
    const char x = absl::ascii_tolower(a[i]);
    const char y = absl::ascii_tolower(b[i]);
    if (x != y) return x < y;
  }
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

void TagPage::Add(absl::string_view tag) {
  if (!request_.last.empty() && !TagPrecedes(request_.last, tag)) return;
  if (!request_.n) {
    tags_.emplace_back(tag);
    return;
  }
  if (tags_.size() < *request_.n) {
    tags_.emplace_back(tag);
    std::push_heap(tags_.begin(), tags_.end(), TagPrecedes);
    return;
  }
  if (tags_.empty()) return;  // n=0: nothing, and nothing after it.
  has_more_ = true;
  if (!TagPrecedes(tag, tags_.front())) return;
  std::pop_heap(tags_.begin(), tags_.end(), TagPrecedes);
  tags_.back() = std::string(tag);
  std::push_heap(tags_.begin(), tags_.end(), TagPrecedes);
}

std::vector<std::string> TagPage::Take() && {
  std::sort(tags_.begin(), tags_.end(), TagPrecedes);
  return std::move(tags_);
}

absl::Status ReadTags(std::istream& document, TagPage& page) {
  TagReader reader(page);
  if (nlohmann::json::sax_parse(document, &reader) && reader.found()) {
    return absl::OkStatus();
  }
  return absl::InternalError("a list of tags that is none");
}

}  // namespace cvr
