#include "shim/http2/session.h"

#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "shim/http2/header_rules.h"
#include "shim/http2/limits.h"

namespace sidecar_shim::http2 {
namespace {

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

// nghttp2's callbacks. `user_data` is the connection, a stream's user data its Stream.
class SessionCallbacks {
 public:
  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Connection& connection = *static_cast<Connection*>(user_data);
    connection.headers_.Clear();
    connection.headers_of_ = frame->hd.stream_id;
    connection.header_bytes_ = 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream& stream = connection.AddStream(nullptr);
    stream.id_ = frame->hd.stream_id;
    stream.announced_ = true;
    nghttp2_session_set_stream_user_data(session, stream.id_, &stream);
    ++connection.new_streams_;
    stream.observer_ = connection.observer_.OnStream(stream);
    if (stream.observer_ == nullptr) stream.Reset(NGHTTP2_REFUSED_STREAM);
    return 0;
  }

  // nghttp2 itself ignores a HEADERS frame for a stream that has been closed (RFC 9113, 5.1.1).
  static int OnBeginFrame(nghttp2_session* session, const nghttp2_frame_hd* header, void* user_data) {
    Connection& connection = *static_cast<Connection*>(user_data);
    if (connection.role_ != Role::kServer || header->type != NGHTTP2_HEADERS ||
        header->stream_id > nghttp2_session_get_last_proc_stream_id(session) ||
        nghttp2_session_find_stream(session, header->stream_id) != nullptr) {
      return 0;
    }
    switch (connection.closed_streams_.HowEnded(header->stream_id)) {
      case ClosedStreams::Ended::kByThisSide:  // it may have been on its way
        break;
      case ClosedStreams::Ended::kByPeer:
        nghttp2_session_terminate_session(session, NGHTTP2_STREAM_CLOSED);
        break;
      case ClosedStreams::Ended::kUnknown:
        nghttp2_session_terminate_session(session, NGHTTP2_PROTOCOL_ERROR);
        break;
    }
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t flags, void* user_data) {
    Connection& connection = *static_cast<Connection*>(user_data);
    connection.header_bytes_ += name_size + value_size + 32;
    // nghttp2 then resets the stream, and still reads the block for its table.
    if (connection.header_bytes_ > kMaxHeaderBlock) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    connection.headers_.Add(View(name, name_size), View(value, value_size),
                            (flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0);
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Connection& connection = *static_cast<Connection*>(user_data);
    connection.headers_of_ = 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        OnMessageFrame(connection, session, frame->hd);
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) connection.OnSettings();
        break;
      case NGHTTP2_PING:
        if (!connection.OnPing(frame->ping.opaque_data, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)) {
          return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user_data) {
    Connection& connection = *static_cast<Connection*>(user_data);
    Stream* const stream = Find(session, id);
    // DATA before the headers is malformed: see OnMessageFrame().
    if (stream != nullptr && stream->received_headers_) {
      stream->OnData(connection.parsing_.Part(data, size));
    } else {
      nghttp2_session_consume_connection(session, size);
    }
    return 0;
  }

  static int OnStreamClose(nghttp2_session* session, int32_t id, uint32_t code, void* user_data) {
    if (Stream* const stream = Find(session, id)) {
      Connection& connection = *static_cast<Connection*>(user_data);
      --connection.open_streams_;
      connection.closed_streams_.Add(id, stream->reset_);
      stream->OnSessionClose(code);
    }
    return 0;
  }

  static int OnSent(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) {
      if (Stream* const stream = Find(session, frame->hd.stream_id)) stream->OnFrameSent(frame->hd.flags);
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      const Stream* const stream = Find(session, frame->hd.stream_id);
      const bool peers_fault =
          stream != nullptr && !stream->reset_ && frame->rst_stream.error_code != NGHTTP2_NO_ERROR;
      if (peers_fault && ++static_cast<Connection*>(user_data)->faults_ == kMostFaults) {
        nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
      }
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
      Connection& connection = *static_cast<Connection*>(user_data);
      if (frame->goaway.error_code == NGHTTP2_NO_ERROR) {
        connection.OnGoawaySent();
        return 0;
      }
      connection.fault_ = nghttp2_http2_strerror(frame->goaway.error_code);
      if (!connection.detail_.empty()) connection.fault_ += ": " + connection.detail_;
    }
    return 0;
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* header, size_t length,
                      nghttp2_data_source* source, void* user_data) {
    constexpr size_t kFrameHeader = 9;
    Connection& connection = *static_cast<Connection*>(user_data);
    if (connection.output_.size() >= kUnsentLimit) return NGHTTP2_ERR_WOULDBLOCK;
    connection.output_.Append(header, kFrameHeader);
    static_cast<Stream*>(source->ptr)->MoveTo(connection.output_, length);
    return 0;
  }

  static int OnError(nghttp2_session*, int, const char* text, size_t size, void* user_data) {
    static_cast<Connection*>(user_data)->detail_.assign(text, size);
    return 0;
  }

 private:
  static Stream* Find(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static void OnMessageFrame(Connection& connection, nghttp2_session* session,
                             const nghttp2_frame_hd& header) {
    Stream* const stream = Find(session, header.stream_id);
    if (stream == nullptr) return;
    const bool end = (header.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (header.type == NGHTTP2_HEADERS) {
      OnBlock(connection, *stream, end);
    } else if (!stream->received_headers_) {
      stream->Break();
    } else if (end) {
      stream->received_end_ = true;
      if (stream->observer_ != nullptr) stream->observer_->OnEnd();
    }
  }

  static void OnBlock(Connection& connection, Stream& stream, bool end) {
    const HeaderBlock& block = connection.headers_;
    const bool first = !stream.received_headers_;
    const BlockKind first_kind =
        connection.role_ == Role::kServer ? BlockKind::kRequest : BlockKind::kResponse;
    if (!IsWellFormed(block, first ? first_kind : BlockKind::kTrailers) || (!first && !end)) {
      stream.Break();
      return;
    }
    if (first && block.Find(":status").starts_with('1')) {
      if (end) stream.Break();
      return;  // informational: means nothing to gRPC, some of whose clients fail at it
    }
    stream.received_headers_ = true;
    stream.received_end_ = end;
    if (stream.observer_ != nullptr) stream.observer_->OnHeaders(block, end);
  }
};

namespace {

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};

std::unique_ptr<nghttp2_option, OptionDeleter> MakeOptions() {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  // Windows are opened as bytes are passed on, pings answered as their sender needs it.
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_auto_ping_ack(option, 1);
  // Fields pass as they are: it would drop those whose value it does not like.
  nghttp2_option_set_no_http_messaging(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_send_header_block_length(option, kMaxSentHeaderBlock);
  nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetRate);
  return std::unique_ptr<nghttp2_option, OptionDeleter>(option);
}

std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> MakeCallbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &SessionCallbacks::OnBeginHeaders);
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, &SessionCallbacks::OnBeginFrame);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &SessionCallbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &SessionCallbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &SessionCallbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &SessionCallbacks::OnStreamClose);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &SessionCallbacks::OnSent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, &SessionCallbacks::SendData);
  nghttp2_session_callbacks_set_error_callback2(callbacks, &SessionCallbacks::OnError);
  return std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter>(callbacks);
}

}  // namespace

nghttp2_session* MakeSession(Role role, Connection& connection) {
  const auto options = MakeOptions();
  const auto callbacks = MakeCallbacks();
  nghttp2_session* session = nullptr;
  if (role == Role::kServer) {
    nghttp2_session_server_new2(&session, callbacks.get(), &connection, options.get());
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  } else {
    nghttp2_session_client_new2(&session, callbacks.get(), &connection, options.get());
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  }
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                        role == Role::kServer ? kClientWindow : kServerWindow);
  return session;
}

}  // namespace sidecar_shim::http2
