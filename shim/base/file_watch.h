// Tells when something in a directory, or a single file, has changed, by
// inotify. A hint that saves time, not a record: events may be merged, and
// where inotify is not to be had it comes by the clock instead.
#ifndef SIDECAR_SHIM_SHIM_BASE_FILE_WATCH_H_
#define SIDECAR_SHIM_SHIM_BASE_FILE_WATCH_H_

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace sidecar_shim {

class FileWatch {
 public:
  // A place that is not there yet is looked for from time to time. `on_change`
  // runs on a thread of the watch's own: once at the beginning, and after every
  // change.
  FileWatch(std::vector<std::string> places, std::function<void()> on_change);
  // Waits for an on_change under way; none runs after it.
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void Run();
  // True if a place has come that was not watched before.
  bool WatchPlaces();
  // True if anything happened.
  bool ReadEvents();

  const std::vector<std::string> places_;
  const std::function<void()> on_change_;
  int events_;                          // of inotify; -1 where it is not to be had
  int stop_;                            // becomes readable at the end
  std::map<int, std::string> watched_;  // by inotify's number
  std::thread thread_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_FILE_WATCH_H_
