// One end of a socket, whose bytes a script decides: a caller's or the runtime's. Never blocks.
#ifndef SIDECAR_SHIM_TESTS_FUZZ_FUZZ_PEER_H_
#define SIDECAR_SHIM_TESTS_FUZZ_FUZZ_PEER_H_

#include <string>
#include <string_view>

namespace sidecar_shim::testing {

class FuzzPeer {
 public:
  // Owns `fd`.
  explicit FuzzPeer(int fd) : fd_(fd) {}
  ~FuzzPeer() { Close(); }
  FuzzPeer(const FuzzPeer&) = delete;
  FuzzPeer& operator=(const FuzzPeer&) = delete;

  // What the socket does not take waits; beyond a bound it is dropped.
  void Send(std::string_view bytes);
  void ToggleReading() { reading_ = !reading_; }
  // Writes what waits and reads what is there. Whether anything has moved.
  bool Move();
  void EndWriting();
  void Close();
  // Neither this side nor, as far as it has read, the other has closed.
  bool open() const { return fd_ >= 0; }
  bool reads() const { return reading_; }

 private:
  int fd_;
  bool reading_ = true;
  std::string unsent_;
};

// A unix socket that takes connections when it is asked.
class FuzzListener {
 public:
  explicit FuzzListener(const std::string& path);
  ~FuzzListener();
  FuzzListener(const FuzzListener&) = delete;
  FuzzListener& operator=(const FuzzListener&) = delete;

  // -1 where none waits.
  int Accept() const;

 private:
  const std::string path_;
  const int fd_;
};

}  // namespace sidecar_shim::testing

#endif  // SIDECAR_SHIM_TESTS_FUZZ_FUZZ_PEER_H_
