#ifndef SERVICES_UPSTREAM_HTTP_PAGE_BUFFER_H_
#define SERVICES_UPSTREAM_HTTP_PAGE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <streambuf>
#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// A page as it came, for parsers that read streams. What has been read is freed
// at once, so that a page and what is made of it are not in memory both. Not
// thread-safe.
class PageBuffer : public std::streambuf {
 public:
  void Append(absl::string_view bytes) {
    while (!bytes.empty()) {
      if (blocks_.empty() || blocks_.back().size() >= block_bytes_) {
        block_bytes_ =
            std::clamp(2 * block_bytes_, kBlockBytesMin, kBlockBytesMax);
        blocks_.emplace_back().reserve(block_bytes_);
      }
      std::string& block = blocks_.back();
      const absl::string_view fits =
          bytes.substr(0, block_bytes_ - block.size());
      block.append(fits.data(), fits.size());
      bytes.remove_prefix(fits.size());
    }
  }
  void Clear() {
    blocks_.clear();
    setg(nullptr, nullptr, nullptr);
    block_bytes_ = 0;
    is_reading_ = false;
  }

 protected:
  int_type underflow() override {
    if (is_reading_) blocks_.pop_front();
    is_reading_ = !blocks_.empty();
    if (!is_reading_) {
      setg(nullptr, nullptr, nullptr);
      return traits_type::eof();
    }
    std::string& block = blocks_.front();
    setg(block.data(), block.data(), block.data() + block.size());
    return traits_type::to_int_type(block.front());
  }

 private:
  // Blocks grow with the page.
  static constexpr size_t kBlockBytesMin = 16 * 1024;
  static constexpr size_t kBlockBytesMax = 1024 * 1024;

  std::deque<std::string> blocks_;
  size_t block_bytes_ = 0;   // Of the last one.
  bool is_reading_ = false;  // The first block.
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_PAGE_BUFFER_H_
