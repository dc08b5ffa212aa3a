// Faults of the way to the upstream: before there is an answer.
#include "absl/strings/str_cat.h"
#include "tests/faults/fault.h"
#include "tests/faults/scene.h"

namespace cvr::testing {
namespace {

FakeAnswer Raw(std::string bytes) {
  FakeAnswer answer;
  answer.raw = std::move(bytes);
  return answer;
}

// Less than the client takes for progress, and enough to look alive.
void DripWhileAsked(Scene& scene) {
  while (!scene.answered().WaitFor(absl::Milliseconds(200))) {
    scene.drip()->Allow(1);
  }
}

void ChangeUrl(Scene& scene, std::string url) {
  v1::Upstream upstream;
  upstream.set_url(std::move(url));
  scene.Update(upstream, "url");
}

std::string WithHttps(const std::string& url) {
  return "https" + url.substr(url.find(':'));
}

}  // namespace

std::vector<Fault> ConnectionFaults() {
  return {
      {.name = "connections are refused",
       .begin =
           [](Scene& scene) { scene.CloseOrigin(BadPort::Manner::kRefuse); },
       .cold_tag = Unavailable(0),
       .cold_digest = Unavailable(0),
       .cold_blob = Unavailable(0),
       .stale_tag = ServedStale(0)},
      {.name = "connections are never accepted",
       .begin =
           [](Scene& scene) { scene.CloseOrigin(BadPort::Manner::kIgnore); },
       .cold_tag = Unavailable(0),
       .cold_digest = Unavailable(0),
       .cold_blob = Unavailable(0),
       .stale_tag = ServedStale(0)},
      {.name = "its name does not exist",
       .begin =
           [](Scene& scene) {
             // One upstream each may have a URL.
             ChangeUrl(scene, absl::StrCat("http://no-such-registry-",
                                           scene.origin().port(), ".invalid"));
           },
       .is_another_url = true,
       .is_over_at_once = false,
       .cold_tag = Unavailable(0),
       .cold_digest = Unavailable(0),
       .cold_blob = Unavailable(0),
       .stale_tag = ServedStale(0)},
      {.name = "a certificate of an unknown authority",
       .tls = true,
       .begin =
           [](Scene& scene) {
             scene.Update(v1::Upstream(), "tls.insecure_skip_verify");
           },
       .is_over_at_once = false,
       .cold_tag = Unavailable(0),
       .cold_digest = Unavailable(0),
       .cold_blob = Unavailable(0),
       .stale_tag = ServedStale(0)},
      {.name = "no TLS where TLS should be",
       .begin =
           [](Scene& scene) {
             ChangeUrl(scene, WithHttps(scene.origin().url()));
           },
       .is_another_url = true,
       .is_over_at_once = false,
       .cold_tag = Unavailable(0),
       .cold_digest = Unavailable(0),
       .cold_blob = Unavailable(0),
       .stale_tag = ServedStale(0)},
      // One that is used again is tried once more on a new connection.
      {.name = "connections end without an answer",
       .begin = [](Scene& scene) { scene.AnswerAll(Raw("")); },
       .cold_tag = Unavailable(1),
       .cold_digest = Unavailable(1),
       .cold_blob = Unavailable(1),
       .stale_tag = ServedStale(2)},
      {.name = "something that is not HTTP",
       .begin =
           [](Scene& scene) { scene.AnswerAll(Raw("SSH-2.0-Server\r\n")); },
       .cold_tag = Invalid(1),
       .cold_digest = Invalid(1),
       .cold_blob = Invalid(1),
       // On a connection that was used before it might be a left over.
       .stale_tag = ServedStale(3)},
      {.name = "a head that comes byte by byte",
       .begin =
           [](Scene& scene) {
             FakeAnswer answer =
                 Raw("HTTP/1.1 200 OK\r\nX-Slow: " + std::string(10'000, 'x'));
             answer.drip = scene.drip();
             scene.AnswerAll(answer);
           },
       .during = DripWhileAsked,
       .cold_tag = Unavailable(1),
       .cold_digest = Unavailable(1),
       .cold_blob = Unavailable(1),
       .stale_tag = ServedStale(1)},
      {.name = "a head without end",
       .begin =
           [](Scene& scene) {
             scene.AnswerAll(Raw("HTTP/1.1 200 OK\r\nX-Long: " +
                                 std::string(1'000'000, 'x')));
           },
       .cold_tag = Unavailable(1),
       .cold_digest = Unavailable(1),
       .cold_blob = Unavailable(1),
       .stale_tag = ServedStale(1)},
  };
}

}  // namespace cvr::testing
