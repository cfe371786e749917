// The connection to the switch: it is made, lost and made again, and hands over the events that come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/system/descriptor.hpp"
#include "base/system/event_loop.hpp"
#include "base/warning_pace.hpp"
#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

/// One thread's, that of its event loop.
class SwitchSource {
  public:
    using Take = std::function<void(EventPointer)>;

    /// `loop` must outlive it. `take` gets each event, and the gaps without a connection.
    SwitchSource(EventLoop& loop, std::filesystem::path socket, Take take)
        : loop_(loop), socket_(std::move(socket)), take_(std::move(take)) {}
    ~SwitchSource() { close(); }
    SwitchSource(const SwitchSource&) = delete;
    SwitchSource& operator=(const SwitchSource&) = delete;

    /// Connects if there is no connection and it is time to try again.
    void turn(Clock::time_point now);
    /// When turn() has something to do.
    [[nodiscard]] Clock::time_point due() const { return connection_ ? Clock::time_point::max() : retry_; }
    /// No event comes any more.
    void close();

    /// The switch has accepted the subscription.
    [[nodiscard]] bool connected() const { return connection_ && subscribed_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

  private:
    void connect(Clock::time_point now);
    void receive();
    void take_line(std::string_view line);
    void take_answer(std::string_view line);
    void lose(const std::string& reason);
    void complain(const std::string& sentence);

    EventLoop& loop_;
    std::filesystem::path socket_;
    Take take_;
    Descriptor connection_{};
    std::string received_{};
    bool subscribed_ = false;
    Clock::time_point retry_{};
    /// Since when nothing comes; none: since before the start.
    std::optional<WallTime> lost_since_ = std::nullopt;
    WarningPace told_{std::chrono::minutes(1)};
    WarningPace puzzled_{std::chrono::minutes(1)};
    std::uint64_t events_ = 0;
};

}  // namespace honeyswitch::record
