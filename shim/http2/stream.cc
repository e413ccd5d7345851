#include "shim/http2/stream.h"

#include <algorithm>
#include <utility>

#include "shim/http2/connection.h"
#include "shim/http2/limits.h"

namespace sidecar_shim::http2 {

nghttp2_data_provider Stream::Source() {
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = [](nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                              nghttp2_data_source* source,
                              void*) { return static_cast<Stream*>(source->ptr)->Read(length, *flags); };
  return provider;
}

void Stream::SendHeaders(const HeaderBlock& block, bool end) {
  if (!open() || ended()) return;
  std::vector<nghttp2_nv>& fields = connection_->fields_;
  block.FillNv(fields);
  end_queued_ = end;
  const nghttp2_data_provider source = Source();
  nghttp2_submit_response(connection_->session_, id_, fields.data(), fields.size(), end ? nullptr : &source);
  connection_->flush_.Schedule();
}

void Stream::SendData(Slice data) {
  if (!open() || ended() || data.empty()) return;
  queued_ += data.size();
  connection_->waiting_ += data.size();
  // A small copy does not hold the block that the bytes were read into.
  queue_.push_back(data.size() < kCopiedBelow ? Slice::CopyOf(data.view()) : std::move(data));
  Resume();
}

void Stream::SendEnd() {
  if (!open() || ended()) return;
  end_queued_ = true;
  Resume();
}

void Stream::SendTrailers(const HeaderBlock& trailers) {
  if (!open() || ended()) return;
  trailers_ = trailers;
  SendEnd();
}

void Stream::Resume() {
  if (std::exchange(waits_for_data_, false)) nghttp2_session_resume_data(connection_->session_, id_);
  connection_->flush_.Schedule();
}

ssize_t Stream::Read(size_t length, uint32_t& flags) {
  const size_t count = std::min(length, queued_);
  if (count == 0 && !end_queued_) {
    waits_for_data_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (count > 0) flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  frame_begun_ = count > 0;
  if (count == queued_ && end_queued_) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (trailers_) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::vector<nghttp2_nv>& fields = connection_->fields_;
      trailers_->FillNv(fields);
      nghttp2_submit_trailer(connection_->session_, id_, fields.data(), fields.size());
    }
  }
  return static_cast<ssize_t>(count);
}

void Stream::MoveTo(OutputQueue& output, size_t length) {
  frame_begun_ = false;
  queued_ -= length;
  connection_->waiting_ -= length;
  for (size_t left = length; left > 0;) {
    Slice& slice = queue_[first_];
    const size_t part = std::min(left, slice.size());
    output.Append(slice.Prefix(part));
    slice.RemovePrefix(part);
    left -= part;
    if (slice.empty()) queue_[first_++] = Slice();
  }
  if (first_ == queue_.size()) {
    queue_.clear();
    first_ = 0;
  }
  if (observer_ != nullptr) observer_->OnSent(length);
}

void Stream::DropQueue() {
  if (connection_ != nullptr) connection_->waiting_ -= queued_;
  queued_ = 0;
  queue_.clear();
  first_ = 0;
}

void Stream::Reset(uint32_t code) {
  if (open() && !reset_) {
    reset_ = true;
    // A frame that waits for room in the output leaves before RST_STREAM, with its bytes.
    if (!frame_begun_) DropQueue();
    nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, id_, code);
    connection_->flush_.Schedule();
  }
  Release();
}

void Stream::ResetAfterEnd(uint32_t code) {
  if (!open() || received_end_) return;
  if (sent_end_) {
    nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, id_, code);
    connection_->flush_.Schedule();
  } else {
    reset_after_end_ = code;
  }
}

void Stream::Break() {
  nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, id_, NGHTTP2_PROTOCOL_ERROR);
  connection_->flush_.Schedule();
}

void Stream::Consume(size_t bytes) {
  if (connection_ == nullptr || bytes == 0) return;
  unconsumed_ -= bytes;
  // Where nghttp2 has closed the stream this still opens the connection's window.
  nghttp2_session_consume(connection_->session_, id_, bytes);
  connection_->flush_.Schedule();
}

bool Stream::congested() const { return connection_ != nullptr && connection_->congested(); }

void Stream::Release() {
  observer_ = nullptr;
  Consume(unconsumed_);
  if (connection_ == nullptr) {
    delete this;
  } else if (closed_) {
    connection_->streams_.erase(place_);
  }
}

void Stream::OnData(Slice data) {
  unconsumed_ += data.size();
  if (observer_ != nullptr) {
    observer_->OnData(std::move(data));
  } else {
    Consume(data.size());
  }
}

void Stream::OnFrameSent(uint8_t flags) {
  announced_ = true;
  if ((flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  sent_end_ = true;
  if (reset_after_end_ && !received_end_) {
    nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, id_, *reset_after_end_);
  }
}

void Stream::OnSessionClose(uint32_t code) {
  closed_ = true;
  DropQueue();
  if (observer_ == nullptr) {
    connection_->streams_.erase(place_);
    return;
  }
  const bool complete = received_end_ && sent_end_;
  // A request that has never left has not been processed.
  if (!announced_) code = NGHTTP2_REFUSED_STREAM;
  observer_->OnClosed(complete ? Closed::kComplete : Closed::kReset, code);
}

}  // namespace sidecar_shim::http2
