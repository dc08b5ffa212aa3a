#ifndef TESTS_SUPPORT_UPSTREAM_TRICKLING_UPSTREAM_H_
#define TESTS_SUPPORT_UPSTREAM_TRICKLING_UPSTREAM_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"

namespace cvr::testing {

// An upstream that answers every request with 200, a length of a MiB and eight
// bytes, and then leaves it at that; never closes a connection, but notices
// when it is closed. Thread-safe.
class TricklingUpstream {
 public:
  TricklingUpstream();
  ~TricklingUpstream();
  TricklingUpstream(const TricklingUpstream&) = delete;
  TricklingUpstream& operator=(const TricklingUpstream&) = delete;

  std::string url() const;

  // Whether so many answers have begun in all, after waiting for them.
  bool AwaitAnswers(int count, absl::Duration timeout);
  // Whether no connection with such an answer is open any more, after waiting.
  bool AwaitAllClosed(absl::Duration timeout);

 private:
  void Serve();
  void Accept();
  // False when the connection was closed by the other side.
  bool Read(int fd, std::string& head);

  int port_ = 0;  // Before what sets it.
  int listener_ = -1;
  int stop_ = -1;                           // Readable when it is time to stop.
  std::map<int, std::string> connections_;  // Of the thread: what has come.

  Mutex mutex_;
  CondVar changed_;
  int answers_ ABSL_GUARDED_BY(mutex_) = 0;
  int closed_ ABSL_GUARDED_BY(mutex_) = 0;
  Thread thread_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_TRICKLING_UPSTREAM_H_
