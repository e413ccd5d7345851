// Reports by inotify that a directory's content, or a single file, has changed. A
// hint that saves time, not a record: events may be merged, and where inotify is
// not available changes are assumed at intervals instead.
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
  // A place that does not exist yet is checked for at intervals. `on_change` runs
  // on the watch's own thread: once at the beginning, and after every change.
  FileWatch(std::vector<std::string> places, std::function<void()> on_change);
  // Waits for a running on_change; none runs after it.
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void Run();
  // True if a place is watched now that was not before.
  bool WatchPlaces();
  // True if anything has changed.
  bool ReadEvents();

  const std::vector<std::string> places_;
  const std::function<void()> on_change_;
  int events_;                          // inotify's descriptor; -1 where it is not available
  int stop_;                            // becomes readable at the end
  std::map<int, std::string> watched_;  // by inotify's watch descriptor
  std::thread thread_;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_FILE_WATCH_H_
