#ifndef SERVICES_COMMON_JSON_READER_H_
#define SERVICES_COMMON_JSON_READER_H_

#include <cstddef>
#include <istream>
#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace cvr {

// Reads untrusted JSON value by value (SAX), without building a tree: a tree of
// `[[],[],...]` takes a hundred times as much memory as the text. This reader
// needs memory for the longest string and one bit for each open bracket.
//
// Derived classes override the events of nlohmann::json_sax that they need and
// return false to stop. They must keep a bounded amount of data only.
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

// Passes the values of `json` to `reader`. `json` must be exactly one value.
// Returns false if it is not valid JSON or the reader stopped.
bool ReadJson(absl::string_view json, JsonReader& reader);
bool ReadJson(std::istream& json, JsonReader& reader);

// Whether `json` has at most `values_max` values (objects, arrays, members,
// strings, numbers), nested at most `depth_max` deep, so that a tree of it
// needs little memory. Call it before a tree of a small document is built.
// False if it is not valid JSON.
bool IsModestJson(absl::string_view json, size_t values_max, size_t depth_max);

}  // namespace cvr

#endif  // SERVICES_COMMON_JSON_READER_H_
