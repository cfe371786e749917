// Saves the state in slices, one in a turn of the control thread, while workers and controller go on.
//
// Places of the session table are gone through once. The control thread alone puts sessions there and takes
// them away, so none moves while it is looked at; what workers write meanwhile is of one moment or the next.
// A session that ends behind the slices is in the file all the same, and one whose place is behind them is
// not: the file after this one has it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "control/controller/controller.hpp"
#include "control/state/state_writer.hpp"

namespace honeyswitch::control {

/// What the numbers in the file stand for, and which campus it is of.
struct StateNames {
    std::vector<SavedName> honeypots{}, links{}, agents{};
    std::vector<Ipv4Prefix> campus{};
};

/// Control thread.
class StateSaver {
  public:
    /// What one slice looks at, at most.
    static constexpr std::uint32_t places_a_slice = 1'024;
    static constexpr std::size_t entries_a_slice = 1'024;

    /// All of them outlive this.
    StateSaver(const FlowTable& flows, const Controller& controller, StateWriter& writer)
        : flows_(flows), controller_(controller), writer_(writer) {}

    /// Begins a file, in the place of one that was not finished. `now` is the moment of header.saved_at.
    void begin(const StateHeader& header, const StateNames& names, TimePoint now);
    [[nodiscard]] bool running() const { return phase_ != Phase::idle; }
    /// A slice, unless the writer has no room: then nothing is done. The last one ends the file.
    void step(TimePoint now);
    /// Of the file that was ended last, or of the one under way as far as it is.
    [[nodiscard]] const StateTotals& totals() const { return totals_; }

  private:
    enum class Phase : std::uint8_t { idle, watches, vouchers, sightings, sessions };

    void step_watches(TimePoint now);
    void step_vouchers();
    void step_sightings();
    void step_sessions(TimePoint now);
    void enter(Phase phase);
    void flush();

    const FlowTable& flows_;
    const Controller& controller_;
    StateWriter& writer_;
    Phase phase_ = Phase::idle;
    ClockPair clocks_{{}, {}};
    StateBlockWriter block_{StateKind::watches};
    StateTotals totals_;
    Ipv4Prefix next_domain_;
    Ipv4Address next_address_;
    std::uint64_t next_sighting_ = 0;
    std::uint32_t next_place_ = 0;
};

}  // namespace honeyswitch::control
