#include "shim/base/loop.h"

#include <sys/epoll.h>

#include <utility>

namespace sidecar_shim {
namespace {

uint32_t Events(bool read, bool write) { return (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U); }

}  // namespace

Loop::Watch::Watch(Loop& loop, int fd, bool want_read, bool want_write, Observer& observer)
    : loop_(loop), fd_(fd), wanted_(Events(want_read, want_write)), observer_(observer) {
  loop_.Add(*this, wanted_);
}

Loop::Watch::~Watch() { loop_.Remove(*this); }

void Loop::Watch::Want(bool read, bool write) {
  const uint32_t wanted = Events(read, write);
  if (std::exchange(wanted_, wanted) != wanted) loop_.Update(*this, wanted);
}

void Loop::Watch::Report(uint32_t events) const {
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  observer_.OnReady(broken || (events & EPOLLIN) != 0, broken || (events & EPOLLOUT) != 0);
}

}  // namespace sidecar_shim
