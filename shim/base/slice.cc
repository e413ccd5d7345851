#include "shim/base/slice.h"

#include <cstring>
#include <new>

namespace sidecar_shim {
namespace {

// Unused blocks that a pool keeps: enough for the calls of an ordinary node.
constexpr size_t kKeptBlocks = 8;

// A block's memory follows it directly.
void* Allocate(size_t capacity) { return ::operator new(sizeof(Block) + capacity); }

uint8_t* MemoryOf(void* block) { return static_cast<uint8_t*>(block) + sizeof(Block); }

}  // namespace

void Block::Unref() {
  if (--references_ > 0) return;
  if (pool_ != nullptr) {
    pool_->Return(this);
  } else {
    ::operator delete(this);
  }
}

BlockPool::~BlockPool() { Trim(); }

void BlockPool::Trim() {
  for (Block* block : std::exchange(free_, {})) ::operator delete(block);
}

Block* BlockPool::Take() {
  if (free_.empty()) {
    void* const memory = Allocate(kBlockSize);
    return new (memory) Block(MemoryOf(memory), kBlockSize, this);
  }
  Block* const block = free_.back();
  free_.pop_back();
  block->references_ = 1;
  return block;
}

void BlockPool::Return(Block* block) {
  if (free_.size() < kKeptBlocks) {
    free_.push_back(block);
  } else {
    ::operator delete(block);
  }
}

Slice Slice::Uninitialized(size_t size) {
  void* const memory = Allocate(size);
  auto* const block = new (memory) Block(MemoryOf(memory), size, nullptr);
  Slice slice(*block, block->data(), size);
  block->Unref();  // the slice's alone
  return slice;
}

Slice Slice::CopyOf(const void* data, size_t size) {
  Slice slice = Uninitialized(size);
  if (size > 0) std::memcpy(slice.MutableData(), data, size);
  return slice;
}

}  // namespace sidecar_shim
