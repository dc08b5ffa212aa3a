// Answers that are errors in good form.
#include <string>
#include <vector>

#include "tests/faults/fault.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

// Always answered with `status`.
Fault StatusFault(std::string name, int status,
                  std::vector<HttpHeader> headers = {}) {
  Fault fault;
  fault.name = std::move(name);
  fault.begin = [answer = FakeAnswer::Status(status, std::move(headers),
                                             "<html>Sorry.</html>")](
                    Scene& scene) { scene.AnswerAll(answer); };
  return fault;
}

void ColdAre(Fault& fault, const Seen& seen) {
  fault.cold_tag = fault.cold_digest = fault.cold_blob = seen;
}

}  // namespace

std::vector<Fault> StatusFaults() {
  Fault not_found = StatusFault("404", 404);
  ColdAre(not_found, Failed(404, "MANIFEST_UNKNOWN", 0, 1));
  not_found.cold_blob->body = "BLOB_UNKNOWN";
  not_found.stale_tag = Failed(404, "MANIFEST_UNKNOWN", 0, 1);

  Fault forbidden = StatusFault("403", 403);
  ColdAre(forbidden, Failed(403, "DENIED", 0, 1));
  forbidden.stale_tag = Failed(403, "DENIED", 0, 1);

  Fault no_challenge = StatusFault("401 without a challenge", 401);
  ColdAre(no_challenge, Failed(403, "DENIED", 0, 1));
  no_challenge.stale_tag = Failed(403, "DENIED", 0, 1);

  Fault limited =
      StatusFault("429 with Retry-After: 7", 429, {{"Retry-After", "7"}});
  ColdAre(limited, Failed(429, "TOOMANYREQUESTS", 7, 1));
  limited.stale_tag = ServedStale(1);
  limited.is_over_at_once = false;  // It is left alone for so long.

  Fault limited_somehow = StatusFault("429 without Retry-After", 429);
  ColdAre(limited_somehow, Failed(429, "TOOMANYREQUESTS", 60, 1));
  limited_somehow.stale_tag = ServedStale(1);
  limited_somehow.is_over_at_once = false;

  Fault busy =
      StatusFault("503 with Retry-After: 3", 503, {{"Retry-After", "3"}});
  ColdAre(busy, Failed(503, "UNAVAILABLE", 3, 1));
  busy.stale_tag = ServedStale(1);
  busy.is_over_at_once = false;

  Fault broken = StatusFault("a burst of 500", 500);
  ColdAre(broken, Unavailable(1));
  broken.stale_tag = ServedStale(1);

  Fault gateway = broken;
  gateway.name = "a burst of 502";
  gateway.begin = StatusFault("", 502).begin;

  Fault teapot = StatusFault("418", 418);
  ColdAre(teapot, Invalid(1));
  teapot.stale_tag = ServedStale(2);

  Fault not_modified = StatusFault("304, though nothing was asked", 304);
  ColdAre(not_modified, Invalid(1));
  not_modified.stale_tag = ServedStale(2);
  return {not_found, forbidden, no_challenge, limited, limited_somehow,
          busy,      broken,    gateway,      teapot,  not_modified};
}

}  // namespace cvr::testing
