#include "services/blob/engine/list_document.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/blob/engine/json_object.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using Json = nlohmann::json;

// What upstreams sent, written anew, may be longer than it was.
constexpr size_t kDocumentBytesMax = 2 * limits::kListBytesMax;

// Names that are no UTF-8 can be no tags, but must not throw either.
std::string Write(const Json& json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace);
}

std::optional<Referrer> ToReferrer(const Json& descriptor) {
  if (!descriptor.is_object()) return std::nullopt;
  const auto it = descriptor.find("digest");
  if (it == descriptor.end() || !it->is_string()) return std::nullopt;
  const auto digest = Digest::Parse(it->get_ref<const std::string&>());
  if (!digest.ok()) return std::nullopt;
  return Referrer{*digest, Write(descriptor)};
}

std::string JoinTexts(const std::vector<Referrer>& referrers) {
  return absl::StrJoin(referrers, ",",
                       [](std::string* out, const Referrer& referrer) {
                         out->append(referrer.json);
                       });
}

}  // namespace

std::string TagsDocument(std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return Write({{"tags", std::move(tags)}});
}

std::vector<std::string> TagsIn(absl::string_view document) {
  std::vector<std::string> tags;
  const auto object = ParseJsonObject(document, kDocumentBytesMax);
  const Json* const array = object ? FindArray(*object, "tags") : nullptr;
  if (array == nullptr) return tags;
  tags.reserve(array->size());
  for (const Json& tag : *array) {
    if (tag.is_string()) tags.push_back(tag.get_ref<const std::string&>());
  }
  return tags;
}

std::vector<Referrer> ParseReferrers(const std::vector<std::string>& texts) {
  std::vector<Referrer> referrers;
  for (const std::string& text : texts) {
    const auto object = ParseJsonObject(text, limits::kManifestBytesMax);
    auto referrer = object ? ToReferrer(*object) : std::nullopt;
    if (referrer) referrers.push_back(*std::move(referrer));
  }
  return EachOnce(std::move(referrers));
}

std::vector<Referrer> ReferrersIn(absl::string_view document) {
  std::vector<Referrer> referrers;
  const auto object = ParseJsonObject(document, kDocumentBytesMax);
  const Json* const array = object ? FindArray(*object, "manifests") : nullptr;
  if (array == nullptr) return referrers;
  for (const Json& descriptor : *array) {
    auto referrer = ToReferrer(descriptor);
    if (referrer) referrers.push_back(*std::move(referrer));
  }
  return EachOnce(std::move(referrers));
}

std::string ReferrersDocument(const std::vector<Referrer>& referrers) {
  return absl::StrCat(R"({"manifests":[)", JoinTexts(referrers), "]}");
}

std::string ReferrersIndex(const std::vector<Referrer>& referrers) {
  return absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexType,
                      R"(","manifests":[)", JoinTexts(referrers), "]}");
}

std::vector<Referrer> EachOnce(std::vector<Referrer> referrers) {
  absl::flat_hash_set<Digest> seen;
  const auto is_known = [&seen](const Referrer& referrer) {
    return !seen.insert(referrer.digest).second;
  };
  referrers.erase(std::remove_if(referrers.begin(), referrers.end(), is_known),
                  referrers.end());
  return referrers;
}

Reference ReferrersTag(const Digest& subject) {
  // What is behind the `-` has 64 characters at most.
  const std::string hex = subject.hex().substr(0, 64);
  const bool is_sha512 = subject.algorithm() == DigestAlgorithm::kSha512;
  return *Reference::Parse(
      absl::StrCat(is_sha512 ? "sha512" : "sha256", "-", hex));
}

}  // namespace cvr
