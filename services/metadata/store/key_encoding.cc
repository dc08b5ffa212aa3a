#include "services/metadata/store/key_encoding.h"

#include <cassert>

namespace cvr {
namespace {

// In strings a zero byte is written as 00 FF, and 00 01 ends the string: less
// than any byte that could go on, so a prefix sorts first.
constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xff';
constexpr char kEnd = '\x01';

}  // namespace

KeyBuilder& KeyBuilder::Int(int64_t value) {
  assert(value >= 0);
  for (int shift = 56; shift >= 0; shift -= 8) {
    key_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
  return *this;
}

KeyBuilder& KeyBuilder::String(absl::string_view text) {
  for (const char c : text) {
    key_.push_back(c);
    if (c == kEscape) key_.push_back(kEscapedZero);
  }
  key_.push_back(kEscape);
  key_.push_back(kEnd);
  return *this;
}

KeyBuilder& KeyBuilder::Rest(absl::string_view text) {
  key_.append(text.data(), text.size());
  return *this;
}

KeyBuilder& KeyBuilder::Hash(const Digest& digest) {
  key_.push_back(static_cast<char>(digest.algorithm()));
  return Rest(digest.raw());
}

bool KeyReader::Hash(std::optional<Digest>& digest) {
  if (!ok_ || left_.empty()) return Fail();
  const auto algorithm = static_cast<DigestAlgorithm>(left_[0]);
  const size_t size = algorithm == DigestAlgorithm::kSha512 ? 64 : 32;
  if (left_.size() < 1 + size) return Fail();
  auto read = Digest::FromRaw(algorithm, left_.substr(1, size));
  if (!read.ok()) return Fail();
  digest = *std::move(read);
  left_.remove_prefix(1 + size);
  return true;
}

bool KeyReader::Int(int64_t& value) {
  if (!ok_ || left_.size() < 8) return Fail();
  uint64_t read = 0;
  for (int i = 0; i < 8; ++i) {
    read = read << 8 | static_cast<unsigned char>(left_[i]);
  }
  if (read > static_cast<uint64_t>(INT64_MAX)) return Fail();
  value = static_cast<int64_t>(read);
  left_.remove_prefix(8);
  return true;
}

bool KeyReader::String(std::string& text) {
  text.clear();
  for (size_t i = 0; ok_ && i < left_.size(); ++i) {
    if (left_[i] != kEscape) {
      text.push_back(left_[i]);
      continue;
    }
    if (++i == left_.size()) break;
    if (left_[i] == kEnd) {
      left_.remove_prefix(i + 1);
      return true;
    }
    if (left_[i] != kEscapedZero) break;
    text.push_back(kEscape);
  }
  return Fail();
}

bool KeyReader::Rest(absl::string_view& text) {
  if (!ok_) return false;
  text = left_;
  left_ = {};
  return true;
}

}  // namespace cvr
