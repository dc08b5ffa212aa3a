#include "gateway/transport/socket_poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

namespace cvr {
namespace {

// No connection has it.
constexpr uint64_t kStopId = 0;

// Few, since the one thread that gets them takes them one after another.
constexpr int kEventsMax = 8;

int Checked(int fd) {
  if (fd < 0) throw std::bad_alloc();
  return fd;
}

}  // namespace

SocketPoller::SocketPoller()
    : epoll_(Checked(epoll_create1(EPOLL_CLOEXEC))),
      stop_event_(Checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kStopId;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_event_, &event);
}

SocketPoller::~SocketPoller() {
  close(stop_event_);
  close(epoll_);
}

void SocketPoller::Arm(int fd, uint64_t id, bool for_writing, bool again) {
  epoll_event event = {};
  event.events = (for_writing ? EPOLLOUT : EPOLLIN | EPOLLRDHUP) | EPOLLONESHOT;
  event.data.u64 = id;
  epoll_ctl(epoll_, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

std::vector<uint64_t> SocketPoller::Wait(absl::Duration timeout) {
  std::array<epoll_event, kEventsMax> events;
  const int timeout_ms = static_cast<int>(absl::ToInt64Milliseconds(
      std::clamp(timeout, absl::ZeroDuration(), absl::Hours(1))));
  const int count = epoll_wait(epoll_, events.data(), kEventsMax, timeout_ms);
  std::vector<uint64_t> ids;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 != kStopId) ids.push_back(events[i].data.u64);
  }
  return ids;
}

void SocketPoller::Stop() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(stop_event_, &one, sizeof(one));
}

}  // namespace cvr
