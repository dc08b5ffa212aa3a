#include "services/upstream/http/answer_status.h"

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {

absl::Status AnswerStatus(const Url& url, const HttpHead& head,
                          absl::Time now) {
  const std::string host = url.host_and_port();
  const std::string detail = absl::StrCat("HTTP status ", head.status);
  const auto retry_after =
      ParseRetryAfter(head.fields.First("Retry-After"), now);
  if (head.status == 401 || head.status == 403) {
    return errors::UpstreamRefused(host, detail);
  }
  if (head.status == 429) {
    return errors::UpstreamRateLimited(host, retry_after);
  }
  if (head.status != 408 && head.status < 500) {
    return errors::UpstreamInvalid(host, detail);
  }
  const absl::Status status = errors::UpstreamUnavailable(host, detail);
  return retry_after ? WithRetryAfter(status, *retry_after) : status;
}

}  // namespace cvr
