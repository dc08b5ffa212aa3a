#ifndef TESTS_FAULTS_SEEN_H_
#define TESTS_FAULTS_SEEN_H_

#include <string>

namespace cvr::testing {

// What one pull came to, in the words of the table.
struct Seen {
  int status = 200;
  std::string body;
  std::string headers;
  // The cache entries of the upstream afterwards.
  std::string stored;
  // That reached the upstream, those for tokens included.
  int requests = 0;
  // That reached another host.
  int elsewhere = 0;

  friend bool operator==(const Seen& a, const Seen& b) {
    return a.status == b.status && a.body == b.body && a.headers == b.headers &&
           a.stored == b.stored && a.requests == b.requests &&
           a.elsewhere == b.elsewhere;
  }
};

// `| 503 | UNAVAILABLE | Retry-After: 10 | nothing | 1 |`
std::string ToCells(const Seen& seen);

// --- What a pull may come to.

inline constexpr char kRightBytes[] = "right bytes";
inline constexpr char kBytesOfTheMovedTag[] = "bytes of the moved tag";
// Shorter than the Content-Length that was sent before.
inline constexpr char kCutShort[] = "cut short";
inline constexpr char kNothing[] = "nothing";

// From the cache, without a request.
Seen FromCache(std::string stored);
// From the upstream.
Seen Fetched(std::string stored, int requests, int elsewhere = 0);
// From the cache, after the upstream has said that the tag is still the same.
Seen Revalidated(int requests, int elsewhere = 0);
// The tag's new image, from the upstream.
Seen Moved(int requests);
// From the cache, since the upstream could not be asked.
Seen ServedStale(int requests, int elsewhere = 0);
// The error `code`. `retry_after_s` 0 = without that header.
Seen Failed(int status, std::string code, int retry_after_s, int requests,
            int elsewhere = 0);
// Nobody can be reached, or no sense made of the answer.
Seen Unavailable(int requests, int elsewhere = 0);
Seen Invalid(int requests, int elsewhere = 0);
// A body that broke off.
Seen CutShort(int requests, int elsewhere = 0);

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_SEEN_H_
