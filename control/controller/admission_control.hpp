// When sessions begin with any packet, and when with the packet that follows a honeypot's answer.
#pragma once

#include <cstdint>

#include "control/config/policy.hpp"
#include "control/controller/control_counters.hpp"
#include "control/controller/flow_table.hpp"

namespace honeyswitch::control {

struct AdmissionMarks {
    Admission admission = Admission::automatic;
    std::uint32_t high_water = ~0U, low_water = ~0U;  ///< sessions
};

/// Control thread.
class AdmissionControl {
  public:
    AdmissionControl(const AdmissionMarks& marks, FlowTable& flows, ControlCounters& counters)
        : marks_(marks), flows_(flows), counters_(counters) {
        set(marks_.admission == Admission::handshake);
    }

    void reconfigure(const AdmissionMarks& marks) {
        marks_ = marks;
        if (marks_.admission != Admission::automatic) set(marks_.admission == Admission::handshake);
        update();
    }

    /// After sessions were added or deleted.
    void update() {
        if (marks_.admission != Admission::automatic) return;
        const std::uint32_t sessions = flows_.session_count();
        if (!handshake_ && sessions >= marks_.high_water) {
            set(true);
            counters_.add(ControlCounter::handshake_began);
        } else if (handshake_ && sessions < marks_.low_water) {
            set(false);
            counters_.add(ControlCounter::handshake_ended);
        }
    }

    [[nodiscard]] bool handshake() const { return handshake_; }
    [[nodiscard]] const AdmissionMarks& marks() const { return marks_; }

  private:
    void set(bool handshake) {
        handshake_ = handshake;
        flows_.admit_by_handshake(handshake);
    }

    AdmissionMarks marks_;
    FlowTable& flows_;
    ControlCounters& counters_;
    bool handshake_ = false;
};

}  // namespace honeyswitch::control
