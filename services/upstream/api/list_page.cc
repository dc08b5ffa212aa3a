#include "services/upstream/api/list_page.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/digest.h"
#include "services/common/document_limits.h"
#include "services/common/json_reader.h"
#include "services/common/limits.h"
#include "services/common/reference.h"
#include "services/common/referrer_line.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

// Finds the array that is the member `name` of the object at the top, and shows
// what is in it, value by value. No tree is built: one could cost a hundred
// times its text.
class ListReader : public JsonReader {
 public:
  explicit ListReader(std::string name) : name_(std::move(name)) {}

  // Whether the array, or `null` in its place, was there.
  bool found() const { return found_ && !is_wrong_; }
  // Whether there is an object that does without it: `{}`, or one with a name.
  bool is_without() const {
    return is_object_ && !found_ && !is_wrong_ && (has_name_ || key_.empty());
  }

  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    Open("{");
    return !is_wrong_;
  }
  bool end_object() override {
    Close("}");
    return !is_too_much_;
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
    return !is_too_much_;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    if (in_list_) OnKey(name, depth_ - kListDepth);
    return !is_too_much_;
  }
  bool string(string_t& value) override {
    if (depth_ == 1 && key_ == "name") has_name_ = true;
    if (in_list_) OnString(value, depth_ - kListDepth);
    return Scalar() && !is_too_much_;
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

 protected:
  // Ends the reading.
  void Stop() { is_too_much_ = true; }

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
  bool has_name_ = false;
  bool in_list_ = false;
  bool found_ = false;
  bool is_wrong_ = false;
  bool is_too_much_ = false;
};

class TagsReader : public ListReader {
 public:
  explicit TagsReader(UpstreamList& tags) : ListReader("tags"), tags_(tags) {}

 private:
  void OnKey(const std::string&, int) override {}
  void OnString(const std::string& value, int depth) override {
    if (depth != 0) return;
    const auto reference = Reference::Parse(value);
    if (!reference.ok() || reference->is_digest()) return;
    if (!tags_.Add(value)) Stop();
  }
  void OnOther(absl::string_view, int) override {}
  void OnOpen(absl::string_view, int) override {}
  void OnClose(absl::string_view, int) override {}

  UpstreamList& tags_;
};

// Writes each object of the list down again, and looks at its digest and type.
class ReferrersReader : public ListReader {
 public:
  explicit ReferrersReader(UpstreamList& referrers)
      : ListReader("manifests"), referrers_(referrers) {}

 private:
  void OnKey(const std::string& name, int depth) override {
    Separate();
    absl::StrAppend(&text_, Json(name).dump(), ":");
    follows_value_ = false;
    if (depth != 1) return;
    key_ = name;
    // The last one counts.
    if (name == "digest") digest_.clear();
    if (name == "artifactType") artifact_type_.clear();
  }
  void OnString(const std::string& value, int depth) override {
    Write(Json(value).dump());
    if (depth != 1 || !is_object_) return;
    if (key_ == "digest" && Digest::Parse(value).ok()) digest_ = value;
    if (key_ == "artifactType" && value.size() <= limits::kMediaTypeCharsMax) {
      artifact_type_ = value;
    }
  }
  void OnOther(absl::string_view text, int) override { Write(text); }
  void OnOpen(absl::string_view bracket, int depth) override {
    if (depth == 0) {
      text_.clear();
      follows_value_ = false;
      key_.clear();
      digest_.clear();
      artifact_type_.clear();
      is_object_ = bracket == "{";
    }
    Write(bracket);
    follows_value_ = false;
  }
  void OnClose(absl::string_view bracket, int depth) override {
    absl::StrAppend(&text_, bracket);
    follows_value_ = true;
    if (depth != 0) return;
    if (is_object_ && !digest_.empty() &&
        !referrers_.Add(MakeReferrerLine({digest_, artifact_type_, text_}))) {
      Stop();
    }
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
    if (text_.size() > limits::kReferrerBytesMax) Stop();
  }

  std::string text_;  // Of the item that is being read.
  bool follows_value_ = false;
  bool is_object_ = false;
  std::string key_;            // The last one of the item itself.
  std::string digest_;         // Empty when it has no valid one.
  std::string artifact_type_;  // Empty when it has none.
  UpstreamList& referrers_;
};

template <typename Reader>
bool Read(std::istream& json, UpstreamList& list) {
  Reader reader(list);
  return ReadJson(json, reader) && reader.found();
}

}  // namespace

bool ReadTagsPage(std::istream& json, UpstreamList& tags) {
  TagsReader reader(tags);
  return ReadJson(json, reader) && (reader.found() || reader.is_without());
}

bool ReadReferrersPage(std::istream& json, UpstreamList& referrers) {
  return Read<ReferrersReader>(json, referrers);
}

}  // namespace cvr
