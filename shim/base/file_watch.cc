#include "shim/base/file_watch.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace sidecar_shim {
namespace {

// Events that end a change, not those that begin one: a file that is still being
// written would be read incomplete.
constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr uint32_t kPlaceItself = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int kPollMs = 10'000;

}  // namespace

FileWatch::FileWatch(std::vector<std::string> places, std::function<void()> on_change)
    : places_(std::move(places)),
      on_change_(std::move(on_change)),
      events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  if (events_ < 0) {
    spdlog::warn("inotify is not available ({}); files are read every {} s instead", strerror(errno),
                 kPollMs / 1000);
  }
  thread_ = std::thread([this] { Run(); });
}

FileWatch::~FileWatch() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
  if (events_ >= 0) close(events_);
}

void FileWatch::Run() {
  bool changed = true;
  while (true) {
    // Watched before it is read, so that no change in between is missed.
    changed |= WatchPlaces();
    if (changed) on_change_();
    pollfd wanted[] = {{stop_, POLLIN, 0}, {events_, POLLIN, 0}};
    const int timeout = watched_.size() == places_.size() ? -1 : kPollMs;
    const int ready = poll(wanted, 2, timeout);  // a negative descriptor is ignored
    if (ready > 0 && wanted[0].revents != 0) return;
    changed = events_ < 0 || ReadEvents();
  }
}

bool FileWatch::WatchPlaces() {
  bool more = false;
  for (const std::string& place : places_) {
    const bool known = std::any_of(watched_.begin(), watched_.end(),
                                   [&place](const auto& entry) { return entry.second == place; });
    if (known || events_ < 0) continue;
    const int number = inotify_add_watch(events_, place.c_str(), kChanges | kPlaceItself);
    if (number < 0) continue;
    // Two names of one place share a watch descriptor: the later name replaces the
    // earlier.
    watched_[number] = place;
    more = true;
  }
  return more;
}

bool FileWatch::ReadEvents() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  ssize_t size = 0;
  while ((size = read(events_, buffer, sizeof buffer)) > 0) {
    any = true;
    for (const char* at = buffer; at < buffer + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      at += sizeof event + event.len;
      // A place that was moved would still be watched, under a wrong name.
      if ((event.mask & IN_MOVE_SELF) != 0) inotify_rm_watch(events_, event.wd);
      if ((event.mask & IN_IGNORED) != 0) watched_.erase(event.wd);
    }
  }
  return any;
}

}  // namespace sidecar_shim
