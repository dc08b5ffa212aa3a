#include "tests/faults/seen.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cvr::testing {
namespace {

constexpr char kMiss[] = "Cache-Status: cvr; fwd=miss; stored";

}  // namespace

std::string ToCells(const Seen& seen) {
  return absl::StrCat("| ", seen.status, " | ", seen.body, " | ", seen.headers,
                      " | ", seen.stored, " | ", seen.requests,
                      seen.elsewhere == 0
                          ? ""
                          : absl::StrCat(" + ", seen.elsewhere, " elsewhere"),
                      " |");
}

Seen FromCache(std::string stored) {
  return {200, kRightBytes, "Cache-Status: cvr; hit", std::move(stored)};
}

Seen Fetched(std::string stored, int requests, int elsewhere) {
  return {200, kRightBytes, kMiss, std::move(stored), requests, elsewhere};
}

Seen Revalidated(int requests, int elsewhere) {
  return {200,
          kRightBytes,
          "Cache-Status: cvr; fwd=stale; "
          "detail=revalidated",
          "tag",
          requests,
          elsewhere};
}

Seen Moved(int requests) {
  return {200, kBytesOfTheMovedTag, kMiss, "tag (moved)", requests};
}

Seen ServedStale(int requests, int elsewhere) {
  return {200,
          kRightBytes,
          "Cache-Status: cvr; hit; detail=stale, "
          "Warning: 299",
          "tag",
          requests,
          elsewhere};
}

Seen Failed(int status, std::string code, int retry_after_s, int requests,
            int elsewhere) {
  return {
      status,
      std::move(code),
      retry_after_s == 0 ? "" : absl::StrCat("Retry-After: ", retry_after_s),
      kNothing,
      requests,
      elsewhere};
}

Seen Unavailable(int requests, int elsewhere) {
  return Failed(503, "UNAVAILABLE", 10, requests, elsewhere);
}

Seen Invalid(int requests, int elsewhere) {
  return Failed(502, "UNAVAILABLE", 10, requests, elsewhere);
}

Seen CutShort(int requests, int elsewhere) {
  return {200, kCutShort, kMiss, kNothing, requests, elsewhere};
}

}  // namespace cvr::testing
