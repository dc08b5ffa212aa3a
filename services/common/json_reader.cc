#include "services/common/json_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

constexpr int kEnd = -1;

bool IsBetween(int byte, int low, int high) {
  return low <= byte && byte <= high;
}

// Bytes from `next`, a function that returns kEnd after the last, in place of
// those that are no UTF-8 (RFC 3629, section 4) a `?` each.
template <typename Next>
class Utf8Filter {
 public:
  explicit Utf8Filter(Next next) : next_(std::move(next)) {}

  int Get() {
    if (count_ == 0) Read();
    const int first = ahead_[0];
    if (first < 0x80) return Take();  // The end, too.
    if (valid_ == 0) valid_ = ValidBytes();
    if (valid_ > 0) {
      --valid_;
      return Take();
    }
    Take();
    return '?';
  }

 private:
  void Read() { ahead_[count_++] = next_(); }

  int Take() {
    const int taken = ahead_[0];
    std::copy(ahead_ + 1, ahead_ + count_, ahead_);
    --count_;
    return taken;
  }

  // Of the character that begins at ahead_; 0 when none does.
  int ValidBytes() {
    const int first = ahead_[0];
    int length = 0;
    int low = 0x80;
    int high = 0xBF;
    if (IsBetween(first, 0xC2, 0xDF)) length = 2;
    if (IsBetween(first, 0xE0, 0xEF)) length = 3;
    if (IsBetween(first, 0xF0, 0xF4)) length = 4;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    for (int i = 1; i < length; ++i) {
      if (count_ == i) Read();
      if (!IsBetween(ahead_[i], i == 1 ? low : 0x80, i == 1 ? high : 0xBF)) {
        return 0;
      }
    }
    return length;
  }

  Next next_;
  int ahead_[4] = {};
  int count_ = 0;  // Of what is in ahead_.
  int valid_ = 0;  // So many bytes may pass.
};

// What the parser reads a filter with; the end is one without a filter.
template <typename Filter>
class FilterIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  FilterIterator() = default;
  explicit FilterIterator(Filter* filter) : filter_(filter) { ++*this; }

  char operator*() const { return static_cast<char>(byte_); }
  FilterIterator& operator++() {
    byte_ = filter_->Get();
    if (byte_ == kEnd) filter_ = nullptr;
    return *this;
  }
  FilterIterator operator++(int) {
    const FilterIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const FilterIterator& other) const {
    return filter_ == other.filter_;
  }
  bool operator!=(const FilterIterator& other) const {
    return filter_ != other.filter_;
  }

 private:
  Filter* filter_ = nullptr;
  int byte_ = kEnd;
};

template <typename Next>
bool ReadFrom(Next next, JsonReader& reader) {
  Utf8Filter<Next> filter(std::move(next));
  using Iterator = FilterIterator<Utf8Filter<Next>>;
  return nlohmann::json::sax_parse(Iterator(&filter), Iterator(), &reader);
}

}  // namespace

bool ReadJson(absl::string_view json, JsonReader& reader) {
  return ReadFrom(
      [json, at = size_t{0}]() mutable {
        return at < json.size() ? static_cast<unsigned char>(json[at++]) : kEnd;
      },
      reader);
}

bool ReadJson(std::istream& json, JsonReader& reader) {
  std::streambuf& buffer = *json.rdbuf();
  return ReadFrom(
      [&buffer] {
        const int c = buffer.sbumpc();
        return c == std::char_traits<char>::eof() ? kEnd : c;
      },
      reader);
}

bool IsModestJson(absl::string_view json, size_t values_max, size_t depth_max) {
  Census census(values_max, depth_max);
  return ReadJson(json, census);
}

}  // namespace cvr
