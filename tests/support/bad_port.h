#ifndef TESTS_SUPPORT_BAD_PORT_H_
#define TESTS_SUPPORT_BAD_PORT_H_

#include <vector>

namespace cvr::testing {

// A port of 127.0.0.1 that is somebody's no more: keeps others from it, and
// treats those who connect badly.
class BadPort {
 public:
  enum class Manner {
    kRefuse,  // Connections are refused.
    kIgnore,  // Nobody accepts them: a listener whose queue is full.
  };

  // Takes a port that was closed a moment ago.
  BadPort(int port, Manner manner);
  ~BadPort();
  BadPort(const BadPort&) = delete;
  BadPort& operator=(const BadPort&) = delete;

 private:
  std::vector<int> sockets_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_BAD_PORT_H_
