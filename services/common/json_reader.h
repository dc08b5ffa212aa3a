#ifndef SERVICES_COMMON_JSON_READER_H_
#define SERVICES_COMMON_JSON_READER_H_

#include <cstddef>
#include <istream>
#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace cvr {

// Reads JSON that others wrote, value by value, without building a tree: a tree
// of `[[],[],...]` costs a hundred times its text. What a text costs here is
// its longest string and one bit for each open bracket.
//
// Derived classes override the events of nlohmann::json_sax that they need and
// return false to stop. They hold on to what is bounded only.
class JsonReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }  // Not in JSON.
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }
};

// Shows `reader` what is in `json`, which must be one value and nothing after
// it. False for what is no JSON, and when the reader stopped.
bool ReadJson(absl::string_view json, JsonReader& reader);
bool ReadJson(std::istream& json, JsonReader& reader);

// Whether a tree of `json` stays in proportion: it has at most `values_max`
// values (objects, arrays, members, strings, numbers), nested `depth_max` deep
// at most. For small documents of which a tree is built afterwards. False for
// what is no JSON.
bool IsModestJson(absl::string_view json, size_t values_max, size_t depth_max);

}  // namespace cvr

#endif  // SERVICES_COMMON_JSON_READER_H_
