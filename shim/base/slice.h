// Bytes that several owners share without copying them. The counts are not
// atomic: one thread.
#ifndef SIDECAR_SHIM_SHIM_BASE_SLICE_H_
#define SIDECAR_SHIM_SHIM_BASE_SLICE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar_shim {

class BlockPool;

// Memory that lives as long as a Slice, or its maker, refers to it.
class Block {
 public:
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  uint8_t* data() { return data_; }
  size_t capacity() const { return capacity_; }
  void Ref() { ++references_; }
  void Unref();
  bool Contains(const uint8_t* byte) const { return byte >= data_ && byte < data_ + capacity_; }

 private:
  friend class BlockPool;
  friend class Slice;
  Block(uint8_t* data, size_t capacity, BlockPool* pool) : data_(data), capacity_(capacity), pool_(pool) {}
  ~Block() = default;

  uint8_t* const data_;
  const size_t capacity_;
  BlockPool* const pool_;  // where it returns to; null: to the heap
  size_t references_ = 1;
};

// Blocks of one size, as much as a unix socket holds by default, for reading from sockets. The one that was
// freed last, whose memory is in the processor's cache, is used next.
class BlockPool {
 public:
  static constexpr size_t kBlockSize = 208 * 1024;

  BlockPool() = default;
  // After all its blocks have been returned.
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // With one reference, the caller's.
  Block* Take();
  // Gives unused memory back to the heap.
  void Trim();

 private:
  friend class Block;
  void Return(Block* block);

  std::vector<Block*> free_;
};

class Slice {
 public:
  Slice() = default;
  // Part of a block.
  Slice(Block& block, const uint8_t* data, size_t size) : block_(&block), data_(data), size_(size) {
    block.Ref();
  }
  static Slice CopyOf(const void* data, size_t size);
  // To be filled by its maker, as long as no copy of it is read.
  static Slice Uninitialized(size_t size);
  static Slice CopyOf(std::string_view bytes) { return CopyOf(bytes.data(), bytes.size()); }

  Slice(const Slice& other) : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) block_->Ref();
  }
  Slice(Slice&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slice() {
    if (block_ != nullptr) block_->Unref();
  }

  const uint8_t* data() const { return data_; }
  uint8_t* MutableData() { return const_cast<uint8_t*>(data_); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }
  void RemovePrefix(size_t count) {
    data_ += count;
    size_ -= count;
  }
  // Makes this slice longer where `next` follows it in the same block, which
  // its caller knows to be there.
  bool ExtendBy(const uint8_t* next, size_t size) {
    if (block_ == nullptr || next != data_ + size_ || !block_->Contains(next)) return false;
    size_ += size;
    return true;
  }
  // The first `count` bytes.
  Slice Prefix(size_t count) const { return Part(data_, count); }
  // `size` bytes from `begin` on, which is inside this slice.
  Slice Part(const uint8_t* begin, size_t size) const {
    Slice part = *this;
    part.data_ = begin;
    part.size_ = size;
    return part;
  }

 private:
  Block* block_ = nullptr;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_SLICE_H_
