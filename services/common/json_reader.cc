#include "services/common/json_reader.h"

namespace cvr {
namespace {

class Census final : public JsonReader {
 public:
  Census(size_t values_max, size_t depth_max)
      : values_left_(values_max), depth_left_(depth_max) {}

  bool null() override { return Count(); }
  bool boolean(bool) override { return Count(); }
  bool number_integer(number_integer_t) override { return Count(); }
  bool number_unsigned(number_unsigned_t) override { return Count(); }
  bool number_float(number_float_t, const string_t&) override {
    return Count();
  }
  bool string(string_t&) override { return Count(); }
  bool key(string_t&) override { return Count(); }
  bool start_object(size_t) override { return Count() && Open(); }
  bool start_array(size_t) override { return Count() && Open(); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

 private:
  bool Count() {
    if (values_left_ == 0) return false;
    --values_left_;
    return true;
  }
  bool Open() {
    if (depth_left_ == 0) return false;
    --depth_left_;
    return true;
  }
  bool Close() {
    ++depth_left_;
    return true;
  }

  size_t values_left_;
  size_t depth_left_;
};

}  // namespace

bool ReadJson(absl::string_view json, JsonReader& reader) {
  return nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
}

bool ReadJson(std::istream& json, JsonReader& reader) {
  return nlohmann::json::sax_parse(json, &reader);
}

bool IsModestJson(absl::string_view json, size_t values_max, size_t depth_max) {
  Census census(values_max, depth_max);
  return ReadJson(json, census);
}

}  // namespace cvr
