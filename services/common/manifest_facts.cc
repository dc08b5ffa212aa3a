#include "services/common/manifest_facts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/json_reader.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

struct TypeRow {
  absl::string_view name;
  ManifestForm form;
};

// The first of a form is its usual type.
constexpr TypeRow kTypes[] = {
    {"application/vnd.oci.image.index.v1+json", ManifestForm::kIndex},
    {"application/vnd.docker.distribution.manifest.list.v2+json",
     ManifestForm::kIndex},
    {"application/vnd.oci.image.manifest.v1+json", ManifestForm::kImage},
    {"application/vnd.docker.distribution.manifest.v2+json",
     ManifestForm::kImage},
    {"application/vnd.docker.distribution.manifest.v1+prettyjws",
     ManifestForm::kSchema1},
    {"application/vnd.docker.distribution.manifest.v1+json",
     ManifestForm::kSchema1},
    {"application/vnd.oci.artifact.manifest.v1+json", ManifestForm::kArtifact},
    {"application/vnd.cncf.oras.artifact.manifest.v1+json",
     ManifestForm::kArtifact},
};

constexpr absl::string_view kNoType = "application/octet-stream";

ManifestForm FormOfType(absl::string_view media_type) {
  for (const TypeRow& row : kTypes) {
    if (row.name == media_type) return row.form;
  }
  return ManifestForm::kNone;
}

absl::string_view UsualType(ManifestForm form) {
  for (const TypeRow& row : kTypes) {
    if (row.form == form) return row.name;
  }
  return kNoType;
}

struct Member {
  absl::string_view name;
  ManifestForm form;         // Of the manifests that have it.
  absl::string_view digest;  // What names the digest in its descriptors.
  bool is_list;
};

constexpr Member kMembers[] = {
    {"config", ManifestForm::kImage, "digest", false},
    {"layers", ManifestForm::kImage, "digest", true},
    {"manifests", ManifestForm::kIndex, "digest", true},
    {"fsLayers", ManifestForm::kSchema1, "blobSum", true},
    {"blobs", ManifestForm::kArtifact, "digest", true},
};

// In base64: of one, and after so many no more are kept.
constexpr size_t kInlinedBytesMax = 128 * 1024;
// Each is stored and recorded by itself.
constexpr size_t kInlinedMax = 16;

// What two readers must not understand differently.
constexpr std::array<absl::string_view, 4> kTopNames = {
    "mediaType", "schemaVersion", "subject", "artifactType"};
constexpr std::array<absl::string_view, 4> kDescriptorNames = {
    "digest", "blobSum", "mediaType", "size"};

// As parsers fold names that compare them whatever their case (Go's does): the
// long s and the Kelvin sign are letters to them.
std::string Folded(absl::string_view name) {
  std::string folded;
  for (size_t i = 0; i < name.size(); ++i) {
    if (absl::StartsWith(name.substr(i), "\xc5\xbf")) {
      folded.push_back('s');
      i += 1;
    } else if (absl::StartsWith(name.substr(i), "\xe2\x84\xaa")) {
      folded.push_back('k');
      i += 2;
    } else {
      folded.push_back(absl::ascii_tolower(name[i]));
    }
  }
  return folded;
}

// No name that matters is longer, folded or not.
constexpr size_t kNameBytesMax = 48;

bool MeansSame(absl::string_view name, absl::string_view known) {
  return name.size() <= kNameBytesMax &&
         Folded(name) == absl::AsciiStrToLower(known);
}

class Reader final : public JsonReader {
 public:
  bool start_object(size_t) override {
    if (depth_ == 0) facts_.is_object = true;
    ++depth_;
    const bool is_descriptor =
        member_ != nullptr &&
        (member_->is_list ? depth_ == kItemDepth && in_list_
                          : depth_ == kItemDepth - 1);
    if (is_descriptor) {
      descriptor_depth_ = depth_;
      seen_in_descriptor_ = 0;
      named_.reset();
      data_.clear();
    }
    return OnValue(depth_ - 1);
  }
  bool end_object() override {
    if (depth_ == descriptor_depth_) {
      descriptor_depth_ = 0;
      if (named_ && !data_.empty() && inlined_bytes_ < kInlinedBytesMax &&
          facts_.inlined.size() < kInlinedMax) {
        inlined_bytes_ += data_.size();
        facts_.inlined.push_back({*named_, std::move(data_)});
      }
    }
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 1 && member_ != nullptr && member_->is_list) {
      in_list_ = true;
      facts_.form = member_->form;
    }
    ++depth_;
    return OnValue(depth_ - 1);
  }
  bool end_array() override {
    --depth_;
    if (depth_ == 1) in_list_ = false;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) OnMember(name);
    if (depth_ == descriptor_depth_) OnDescriptorMember(name);
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ == 1 && is_media_type_) {
      facts_.media_type = value.substr(0, limits::kMediaTypeCharsMax + 1);
    } else if (depth_ == descriptor_depth_ && is_digest_) {
      const auto digest = Digest::Parse(value);
      if (digest.ok()) {
        facts_.references.push_back(*digest);
        named_ = *digest;
      }
    } else if (depth_ == descriptor_depth_ && is_data_ &&
               value.size() <= kInlinedBytesMax) {
      data_ = value;
    }
    return true;
  }
  bool boolean(bool) override { return OnValue(depth_); }
  bool number_integer(number_integer_t) override { return OnValue(depth_); }
  bool number_unsigned(number_unsigned_t) override { return OnValue(depth_); }
  bool number_float(number_float_t, const string_t&) override {
    return OnValue(depth_);
  }

  ManifestFacts Take() && {
    KeepEachOnce();
    CheckForms();
    return std::move(facts_);
  }

 private:
  static constexpr int kItemDepth = 3;

  // A value other than a string or null at `depth`.
  bool OnValue(int depth) {
    if (depth == 1 && is_media_type_) Blame("a mediaType that is no string");
    return true;
  }

  void Blame(absl::string_view fault) {
    if (facts_.fault.empty()) facts_.fault = std::string(fault);
  }

  // Notes `known` number `bit`, which the member `name` is or looks like.
  void Note(absl::string_view name, absl::string_view known, int bit,
            uint32_t& seen) {
    if (name != known) Blame(absl::StrCat("another spelling of ", known));
    if ((seen & (1u << bit)) != 0) Blame(absl::StrCat(known, " twice"));
    seen |= 1u << bit;
  }

  void OnMember(const std::string& name) {
    member_ = nullptr;
    is_media_type_ = false;
    int bit = 0;
    for (const Member& member : kMembers) {
      if (MeansSame(name, member.name)) {
        Note(name, member.name, bit, seen_at_top_);
        member_ = &member;
        forms_ |= 1u << static_cast<int>(member.form);
      }
      ++bit;
    }
    for (const absl::string_view known : kTopNames) {
      if (MeansSame(name, known)) Note(name, known, bit, seen_at_top_);
      ++bit;
    }
    is_media_type_ = name == "mediaType";
  }

  void OnDescriptorMember(const std::string& name) {
    int bit = 0;
    for (const absl::string_view known : kDescriptorNames) {
      if (MeansSame(name, known)) Note(name, known, bit, seen_in_descriptor_);
      ++bit;
    }
    is_digest_ = name == member_->digest;
    is_data_ = name == "data";
  }

  // By a sorted list of places: a set would cost several times as much.
  void KeepEachOnce() {
    std::vector<Digest>& all = facts_.references;
    std::vector<uint32_t> places(all.size());
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(
        places.begin(), places.end(),
        [&all](uint32_t a, uint32_t b) { return all[a] < all[b]; });
    places.erase(std::unique(places.begin(), places.end(),
                             [&all](uint32_t a, uint32_t b) {
                               return all[a] == all[b];
                             }),
                 places.end());
    if (places.size() == all.size()) return;
    std::sort(places.begin(), places.end());
    size_t kept = 0;
    for (const uint32_t place : places) all[kept++] = all[place];
    all.erase(all.begin() + kept, all.end());
  }

  void CheckForms() {
    const bool has_one = (forms_ & (forms_ - 1)) == 0;
    if (!has_one) Blame("the members of two kinds of manifest");
    const ManifestForm said = FormOfType(facts_.media_type);
    if (said == ManifestForm::kNone || forms_ == 0) return;
    if (forms_ != 1u << static_cast<int>(said)) {
      Blame(absl::StrCat("the mediaType ", facts_.media_type,
                         " and the members of another kind"));
    }
  }

  ManifestFacts facts_;
  int depth_ = 0;
  uint32_t forms_ = 0;  // One bit for each form that it has members of.
  uint32_t seen_at_top_ = 0;
  const Member* member_ = nullptr;  // The last one at the top, if it is one.
  bool is_media_type_ = false;      // The last member at the top.
  bool in_list_ = false;            // In the array of `member_`.
  int descriptor_depth_ = 0;        // In a descriptor of `member_`; 0 = not.
  uint32_t seen_in_descriptor_ = 0;
  bool is_digest_ = false;       // The last member of the descriptor.
  bool is_data_ = false;         // Likewise.
  std::optional<Digest> named_;  // By the descriptor.
  std::string data_;             // In the descriptor.
  size_t inlined_bytes_ = 0;     // Of all, in base64.
};

template <typename Input>
ManifestFacts ReadFrom(Input&& input) {
  Reader reader;
  if (!ReadJson(input, reader)) return {};
  ManifestFacts facts = std::move(reader).Take();
  return facts.is_object ? facts : ManifestFacts();
}

}  // namespace

ManifestFacts ReadManifest(absl::string_view bytes) {
  if (bytes.size() > limits::kManifestBytesMax) return {};
  return ReadFrom(bytes);
}

ManifestFacts ReadManifest(std::istream& bytes) { return ReadFrom(bytes); }

bool IsManifestType(absl::string_view media_type) {
  return FormOfType(media_type) != ManifestForm::kNone;
}

std::string FaultSentAs(absl::string_view said, const ManifestFacts& facts) {
  if (!facts.fault.empty()) return facts.fault;
  const ManifestForm form = FormOfType(said);
  if (form == ManifestForm::kNone) return "";
  const ManifestForm own = FormOfType(facts.media_type);
  const bool is_other_form =
      facts.form != ManifestForm::kNone && facts.form != form;
  // The two types of schema 1 are one format, with and without signatures.
  const bool is_other_type = own != ManifestForm::kNone &&
                             facts.media_type != said &&
                             (own != form || form != ManifestForm::kSchema1);
  if (!is_other_form && !is_other_type) return "";
  return absl::StrCat("the Content-Type ", said, ", but ",
                      is_other_type ? "the mediaType " : "the form of ",
                      is_other_type ? absl::string_view(facts.media_type)
                                    : UsualType(facts.form));
}

std::string ServedManifestType(absl::string_view said,
                               const ManifestFacts& facts) {
  if (IsManifestType(facts.media_type)) return facts.media_type;
  const ManifestForm form = FormOfType(said);
  if (form != ManifestForm::kNone &&
      (facts.form == ManifestForm::kNone || facts.form == form)) {
    return std::string(said);
  }
  return std::string(UsualType(facts.form));
}

std::string RecordedManifestType(absl::string_view recorded,
                                 absl::string_view found) {
  const ManifestForm form = FormOfType(recorded);
  const ManifestForm found_form = FormOfType(found);
  if (form != ManifestForm::kNone &&
      (found_form == ManifestForm::kNone || found_form == form)) {
    return std::string(recorded);
  }
  return std::string(found_form == ManifestForm::kNone ? kNoType : found);
}

}  // namespace cvr
