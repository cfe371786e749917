// One operator's connection: lines in, lines out, never more than one response in memory.
#pragma once

#include <memory>
#include <string>

#include "base/system/descriptor.hpp"
#include "control/events/event_bus.hpp"
#include "control/inspect/inspect.hpp"
#include "control/operator/event_stream.hpp"
#include "control/operator/operate.hpp"
#include "control/operator/operator_peer.hpp"

namespace honeyswitch::control {

inline constexpr std::size_t longest_request = 4096;  ///< bytes, with its newline

/// What the operator's interface works on, all of which outlives it.
struct OperatorContext {
    const Inspect* inspect;
    Operate* operate;
    EventBus* events;
    EventRing* latest_events;
};

/// A client that reads slowly only waits for itself: its next request is looked at when its last response has
/// left, and until then nothing more is read from it.
class OperatorClient {
  public:
    /// `right`: what the peer may do.
    OperatorClient(Descriptor connection, OperatorRight right, const OperatorPeer& peer, TimePoint now)
        : connection_(std::move(connection)),
          right_(right),
          who_{.text = peer.text(), .uid = peer.uid, .pid = static_cast<std::uint32_t>(peer.pid)},
          last_used_(now) {}

    /// Reads what has come, answers at most one request, sends what fits. Of one that is told of events,
    /// what it says is not looked at any more. False: the connection is over.
    [[nodiscard]] bool service(std::uint32_t ready, const OperatorContext& context, TimePoint now);

    /// The epoll events to wait for: only those that service can make use of.
    [[nodiscard]] std::uint32_t interest() const;
    /// It is told of events.
    [[nodiscard]] bool streams() const { return stream_ != nullptr; }
    /// There are events for it, and it has taken what it was sent.
    [[nodiscard]] bool can_take_more() const {
        return streams() && response_.empty() && (stream_->behind() || stream_->over());
    }
    /// Precondition: it is told of events. Sends what has not left; when all has, `most` more of them. False:
    /// the connection is over.
    [[nodiscard]] bool stream(std::size_t most, TimePoint now);
    /// It is told of events, and has taken nothing for long of what it was sent.
    [[nodiscard]] bool stalled(TimePoint now) const {
        return streams() && !response_.empty() && now - last_used_ > most_patience;
    }
    [[nodiscard]] int fd() const { return connection_.get(); }
    [[nodiscard]] OperatorRight right() const { return right_; }
    [[nodiscard]] TimePoint last_used() const { return last_used_; }  ///< when it last made progress

  private:
    static constexpr Milliseconds most_patience{60'000};

    [[nodiscard]] bool receive(TimePoint now);
    void answer_one(const OperatorContext& context, TimePoint now);
    [[nodiscard]] bool hear_and_send(std::uint32_t ready, TimePoint now);
    [[nodiscard]] bool hear_nothing();
    [[nodiscard]] bool send_some(TimePoint now);
    [[nodiscard]] bool request_waits() const;

    Descriptor connection_;
    OperatorRight right_;
    Asker who_;
    std::string received_;
    std::string response_;
    std::size_t sent_ = 0;  ///< of response_
    bool ended_ = false;    ///< nothing more is read: the client has said all, or too much
    TimePoint last_used_;
    std::unique_ptr<EventStream> stream_{};  ///< null: it asks, and is answered
};

}  // namespace honeyswitch::control
