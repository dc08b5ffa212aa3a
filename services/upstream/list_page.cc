#include "services/upstream/list_page.h"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/digest.h"
#include "services/common/reference.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

// Finds the array that is the member `name` of the object at the top, and shows
// what is in it, value by value. No tree is built: one could cost a hundred
// times its text.
class ListReader : public nlohmann::json_sax<Json> {
 public:
  explicit ListReader(std::string name) : name_(std::move(name)) {}

  // Whether the array, or `null` in its place, was there.
  bool found() const { return found_ && !is_wrong_; }

  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    Open("{");
    return !is_wrong_;
  }
  bool end_object() override {
    Close("}");
    return true;
  }
  bool start_array(size_t) override {
    if (IsOurMember() && !in_list_) {
      in_list_ = found_ = true;
      ++depth_;
      return true;
    }
    Open("[");
    return !is_wrong_;
  }
  bool end_array() override {
    if (in_list_ && depth_ == kListDepth) {
      in_list_ = false;
      --depth_;
    } else {
      Close("]");
    }
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    if (in_list_) OnKey(name, depth_ - kListDepth);
    return true;
  }
  bool string(string_t& value) override {
    if (in_list_) OnString(value, depth_ - kListDepth);
    return Scalar();
  }
  bool number_integer(number_integer_t value) override {
    return Other(absl::StrCat(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Other(absl::StrCat(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return Other(text);
  }
  bool null() override {
    if (IsOurMember() && !in_list_) {
      found_ = true;
      return true;
    }
    return Other("null");
  }
  bool boolean(bool value) override { return Other(value ? "true" : "false"); }
  bool binary(binary_t&) override { return false; }  // Not in JSON.
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 protected:
  // `depth` is 0 for the list's own items, 1 for what is directly in them.
  virtual void OnKey(const std::string& name, int depth) = 0;
  virtual void OnString(const std::string& value, int depth) = 0;
  // A number, a boolean or null, as text.
  virtual void OnOther(absl::string_view text, int depth) = 0;
  virtual void OnOpen(absl::string_view bracket, int depth) = 0;
  // `depth` is that of what was opened.
  virtual void OnClose(absl::string_view bracket, int depth) = 0;

 private:
  static constexpr int kListDepth = 2;

  bool IsOurMember() const {
    return is_object_ && depth_ == 1 && key_ == name_;
  }
  // Another thing than a list where the list should be.
  bool Scalar() {
    if (IsOurMember()) is_wrong_ = true;
    return !is_wrong_;
  }
  bool Other(absl::string_view text) {
    if (in_list_) OnOther(text, depth_ - kListDepth);
    return Scalar();
  }
  void Open(absl::string_view bracket) {
    if (IsOurMember()) is_wrong_ = true;
    if (in_list_) OnOpen(bracket, depth_ - kListDepth);
    ++depth_;
  }
  void Close(absl::string_view bracket) {
    --depth_;
    if (in_list_) OnClose(bracket, depth_ - kListDepth);
  }

  const std::string name_;
  int depth_ = 0;
  bool is_object_ = false;  // The top.
  std::string key_;         // The last one at the top.
  bool in_list_ = false;
  bool found_ = false;
  bool is_wrong_ = false;
};

class TagsReader : public ListReader {
 public:
  TagsReader() : ListReader("tags") {}
  std::vector<std::string> Take() && { return std::move(tags_); }

 private:
  void OnKey(const std::string&, int) override {}
  void OnString(const std::string& value, int depth) override {
    if (depth != 0) return;
    const auto reference = Reference::Parse(value);
    if (reference.ok() && !reference->is_digest()) tags_.push_back(value);
  }
  void OnOther(absl::string_view, int) override {}
  void OnOpen(absl::string_view, int) override {}
  void OnClose(absl::string_view, int) override {}

  std::vector<std::string> tags_;
};

// Writes each object of the list down again, and looks at its digest.
class ReferrersReader : public ListReader {
 public:
  ReferrersReader() : ListReader("manifests") {}
  std::vector<std::string> Take() && { return std::move(descriptors_); }

 private:
  void OnKey(const std::string& name, int depth) override {
    Separate();
    absl::StrAppend(&text_, Json(name).dump(), ":");
    follows_value_ = false;
    if (depth != 1) return;
    key_ = name;
    if (name == "digest") has_digest_ = false;  // The last one counts.
  }
  void OnString(const std::string& value, int depth) override {
    Write(Json(value).dump());
    if (depth == 1 && is_object_ && key_ == "digest") {
      has_digest_ = Digest::Parse(value).ok();
    }
  }
  void OnOther(absl::string_view text, int) override { Write(text); }
  void OnOpen(absl::string_view bracket, int depth) override {
    if (depth == 0) {
      text_.clear();
      follows_value_ = has_digest_ = false;
      key_.clear();
      is_object_ = bracket == "{";
    }
    Write(bracket);
    follows_value_ = false;
  }
  void OnClose(absl::string_view bracket, int depth) override {
    absl::StrAppend(&text_, bracket);
    follows_value_ = true;
    if (depth != 0) return;
    if (is_object_ && has_digest_) descriptors_.push_back(text_);
    text_.clear();
    follows_value_ = false;
  }

  void Separate() {
    if (follows_value_) absl::StrAppend(&text_, ",");
  }
  void Write(absl::string_view text) {
    Separate();
    absl::StrAppend(&text_, text);
    follows_value_ = true;
  }

  std::string text_;  // Of the item that is being read.
  bool follows_value_ = false;
  bool is_object_ = false;
  std::string key_;  // The last one of the item itself.
  bool has_digest_ = false;
  std::vector<std::string> descriptors_;
};

template <typename Reader>
std::optional<std::vector<std::string>> Read(absl::string_view json) {
  Reader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader) || !reader.found()) {
    return std::nullopt;
  }
  return std::move(reader).Take();
}

}  // namespace

std::optional<std::vector<std::string>> ParseTagsPage(absl::string_view json) {
  return Read<TagsReader>(json);
}

std::optional<std::vector<std::string>> ParseReferrersPage(
    absl::string_view json) {
  return Read<ReferrersReader>(json);
}

}  // namespace cvr
