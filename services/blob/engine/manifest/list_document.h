#ifndef SERVICES_BLOB_ENGINE_MANIFEST_LIST_DOCUMENT_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_LIST_DOCUMENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/common/digest.h"
#include "services/common/reference.h"
#include "services/policy/pull_rules.h"

namespace cvr {

// What clients get of lists: JSON, made of the stored texts of all candidates
// as it is sent. Neither the texts nor the document are ever held whole.

inline constexpr char kJsonType[] = "application/json";
inline constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

// The kinds of stored texts (text_lines.h), which are also the media types that
// they are recorded with. Lists that earlier revisions have stored have others
// and count as not there.
inline constexpr char kTagsText[] = "application/vnd.cvr.tags.v2";
inline constexpr char kReferrersText[] = "application/vnd.cvr.referrers.v2";

// One candidate's list.
struct ListText {
  Digest digest;
  std::shared_ptr<const BlobReader> reader;
  RuleSet tag_rules;  // Which of its tags are shown. Of tags only.
};

// A document in the making. Not thread-safe.
class ListDocument {
 public:
  virtual ~ListDocument() = default;

  // The next bytes; empty after the last. Errors: DATA_LOSS when a text is
  // damaged or none.
  virtual absl::StatusOr<Chunk> Next() = 0;

  // After the last bytes: the last item, if the list goes on after it.
  virtual const std::optional<std::string>& goes_on_after() const = 0;
};

// `{"tags":[...]}`: of the tags that a text has and its rules allow, each once,
// sorted by TagPrecedes(), those after `query.last`, at most `query.n`.
std::unique_ptr<ListDocument> MakeTagsDocument(
    const std::vector<ListText>& texts, const ListQuery& query);

// The answer of the referrers API, an OCI image index: the descriptors in the
// order of the texts, of several with one digest the first; only those of
// `query.artifact_type`, if that is not empty.
std::unique_ptr<ListDocument> MakeReferrersDocument(
    const std::vector<ListText>& texts, const ListQuery& query);

// Where registries without the referrers API have the list: OCI
// distribution-spec, "Referrers Tag Schema".
Reference ReferrersTag(const Digest& subject);

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_LIST_DOCUMENT_H_
