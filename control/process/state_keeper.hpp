// Keeps sessions, sightings and what agents said over restarts: saves them now and then and at the end, and
// puts them back at the start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/compose/state_part.hpp"
#include "control/controller/controller.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/dpdk/honeypot_plane.hpp"
#include "control/events/event_bus.hpp"
#include "control/notices/notice_server.hpp"
#include "control/state/state_saver.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Of the latest file that was written.
struct StateSaved {
    TimePoint at;         ///< what it has is of this moment
    Milliseconds took{};  ///< until it was on the disk
    std::uint64_t sessions = 0;
    std::uint64_t bytes = 0;
};

/// Control thread.
class StateKeeper {
  public:
    struct Parts {
        const ConfigNumbers& numbers;
        Controller& controller;
        DpdkSwitch& the_switch;
        HoneypotPlane& honeypots;
        const NoticeServer& notices;
        const dataplane::DataPlane& plane;
        EventBus& events;
    };
    /// `file`: empty: nothing is kept. All parts outlive this.
    StateKeeper(const Parts& parts, std::filesystem::path file, StateConfig config);

    /// Once, before any worker runs and when all else of the start is in force. A file that cannot be used is
    /// set aside, and told.
    void restore(WallMilliseconds wall, TimePoint now);
    /// Of a reload.
    void reconfigure(StateConfig config) { config_ = std::move(config); }
    /// In each turn: a slice of a file that is under way, or another file when it is time.
    void tick(WallMilliseconds wall, TimePoint now);
    /// When nothing is decided any more: all of it, and waits until it is on the disk. Workers may run, which
    /// add and remove nothing.
    void save_all(WallMilliseconds wall, TimePoint now);

    [[nodiscard]] bool keeps() const { return saving_ && config_.save_interval != Milliseconds{0}; }
    /// nullopt: nothing was written since the start.
    [[nodiscard]] const std::optional<StateSaved>& saved() const { return saved_; }

  private:
    struct Saving {
        Saving(const std::filesystem::path& file, const FlowTable& flows, const Controller& controller)
            : writer(file), saver(flows, controller, writer) {}
        StateWriter writer;
        StateSaver saver;
    };
    void put_back(ByteSource& source, WallMilliseconds wall, TimePoint now);
    void set_aside_as(std::string_view word, const std::string& reason);
    void begin(WallMilliseconds wall, TimePoint now);
    [[nodiscard]] StateNames names() const;
    void take_results(TimePoint now);
    void tell_of(const StateWritten& written, TimePoint now);

    Parts parts_;
    std::filesystem::path file_;
    StateConfig config_;
    std::unique_ptr<Saving> saving_;  ///< none without a file
    TimePoint begun_{};               ///< of the latest file
    std::optional<TimePoint> ended_;  ///< of the latest that has ended
    bool under_way_ = false;
    bool failing_ = false;
    std::optional<StateSaved> saved_;
};

}  // namespace honeyswitch::control
