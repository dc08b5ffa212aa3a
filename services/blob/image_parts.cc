#include "services/blob/image_parts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/common/json_reader.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// Of each word of a platform; longer ones are no platform of anybody's.
constexpr size_t kWordCharsMax = 64;

struct Member {
  absl::string_view name;
  absl::string_view digest;  // What names the digest in its descriptors.
  bool is_list;
  bool is_of_manifests;
};

constexpr Member kMembers[] = {
    {"config", "digest", false, false},  {"layers", "digest", true, false},
    {"manifests", "digest", true, true}, {"fsLayers", "blobSum", true, false},
    {"blobs", "digest", true, false},
};

bool IsForeign(absl::string_view media_type) {
  return absl::StrContains(media_type, ".foreign.") ||
         absl::StrContains(media_type, ".nondistributable.");
}

bool IsIndex(absl::string_view media_type) {
  return absl::StrContains(media_type, "image.index.") ||
         absl::StrContains(media_type, "manifest.list.");
}

class PartsReader final : public JsonReader {
 public:
  bool start_object(size_t) override {
    ++depth_;
    if (IsInDescriptor(0)) {
      descriptor_ = Descriptor();
    } else if (IsInDescriptor(1) && key_ == "platform") {
      descriptor_.platform.emplace();
      is_in_platform_ = true;
    }
    return true;
  }
  bool end_object() override {
    if (IsInDescriptor(0)) Keep();
    if (IsInDescriptor(1)) is_in_platform_ = false;
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 1) in_list_ = true;
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    if (depth_ == 1) in_list_ = false;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      const auto found =
          std::find_if(std::begin(kMembers), std::end(kMembers),
                       [&](const Member& one) { return one.name == name; });
      member_ = found == std::end(kMembers) ? nullptr : found;
    } else {
      key_ = name.substr(0, kWordCharsMax);
    }
    return true;
  }
  bool string(string_t& value) override {
    if (IsInDescriptor(0)) {
      if (key_ == member_->digest) descriptor_.digest = value;
      if (key_ == "mediaType") {
        descriptor_.media_type = value.substr(0, limits::kMediaTypeCharsMax);
      }
    } else if (IsInDescriptor(1) && is_in_platform_) {
      const std::string word = value.substr(0, kWordCharsMax);
      if (key_ == "os") descriptor_.platform->os = word;
      if (key_ == "architecture") descriptor_.platform->architecture = word;
      if (key_ == "variant") descriptor_.platform->variant = word;
    }
    return true;
  }

  std::vector<ImagePart> Take() && { return std::move(parts_); }

 private:
  struct Descriptor {
    std::string digest;
    std::string media_type;
    std::optional<Platform> platform;
  };

  // Directly in a descriptor, or so many brackets deeper.
  bool IsInDescriptor(int deeper) const {
    if (member_ == nullptr || member_->is_list != in_list_) return false;
    return depth_ == (in_list_ ? 3 : 2) + deeper;
  }

  void Keep() {
    const auto digest = Digest::Parse(descriptor_.digest);
    if (!digest.ok()) return;
    ImagePart& part = parts_.emplace_back(ImagePart{*digest});
    part.is_manifest = member_->is_of_manifests;
    part.is_index = part.is_manifest && IsIndex(descriptor_.media_type);
    part.is_foreign = !part.is_manifest && IsForeign(descriptor_.media_type);
    part.platform = std::move(descriptor_.platform);
  }

  std::vector<ImagePart> parts_;
  int depth_ = 0;
  const Member* member_ = nullptr;  // The last one at the top, if it is one.
  bool in_list_ = false;            // In an array at the top.
  std::string key_;                 // The last one below.
  Descriptor descriptor_;
  bool is_in_platform_ = false;
};

bool IsWord(absl::string_view word) {
  return !word.empty() && word.size() <= kWordCharsMax &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::StrContains("._-", c);
         });
}

}  // namespace

absl::StatusOr<Platform> Platform::Parse(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, '/');
  if (words.size() < 2 || words.size() > 3 ||
      !std::all_of(words.begin(), words.end(), IsWord)) {
    return errors::FieldInvalid("platforms",
                                "must be like linux/amd64 or linux/arm64/v8");
  }
  return Platform{words[0], words[1], words.size() == 3 ? words[2] : ""};
}

std::string Platform::ToString() const {
  return variant.empty() ? absl::StrCat(os, "/", architecture)
                         : absl::StrCat(os, "/", architecture, "/", variant);
}

std::vector<ImagePart> ReadImageParts(absl::string_view manifest) {
  if (manifest.size() > limits::kManifestBytesMax) return {};
  PartsReader reader;
  if (!ReadJson(manifest, reader)) return {};
  return std::move(reader).Take();
}

}  // namespace cvr
