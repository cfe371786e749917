// The Switch that is made of dataplane/: flows become entries of its tables, Packet-Ins and Packet-Outs go
// over its rings. One class for each piece; this puts them together.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "control/controller/control_counters.hpp"
#include "control/controller/switch.hpp"
#include "control/dpdk/address_flows.hpp"
#include "control/dpdk/packet_ins.hpp"
#include "control/dpdk/packet_outs.hpp"
#include "control/dpdk/pool_placement.hpp"
#include "control/dpdk/session_flows.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Control thread.
class DpdkSwitch final : public Barriers {
  public:
    /// `buffers`: where frames of the controller's own come from.
    DpdkSwitch(dataplane::DataPlane& plane, rte_mempool& buffers)
        : plane_(plane),
          addresses_(plane.addresses()),
          flows_(plane),
          placement_(plane),
          outs_(plane, buffers, counters_),
          ins_(plane, outs_) {}

    /// As the controller sees it.
    [[nodiscard]] Switch pieces() {
        return {.domains = addresses_,
                .sightings = addresses_,
                .flows = flows_,
                .accounts = flows_,
                .placement = placement_,
                .packets = outs_,
                .barriers = *this};
    }

    [[nodiscard]] Barrier barrier_request() override {
        outs_.flush();  // what was decided before the barrier leaves before it
        return plane_.quiescence().start();
    }
    [[nodiscard]] bool barrier_reached(Barrier barrier) const override {
        return plane_.quiescence().reached(barrier);
    }

    [[nodiscard]] AddressFlows& addresses() { return addresses_; }
    [[nodiscard]] SessionFlows& flows() { return flows_; }
    [[nodiscard]] const SessionFlows& flows() const { return flows_; }
    [[nodiscard]] PoolPlacement& placement() { return placement_; }

    // For the loop that drives it
    // -------------------------------------------------------------------------------------

    [[nodiscard]] PacketIns& packet_ins() { return ins_; }
    [[nodiscard]] PacketOuts& packet_outs() { return outs_; }
    /// Takes back what is free after its grace period.
    void reclaim();
    /// The policy of a new configuration. The old one goes after a grace period.
    void set_classifier(std::unique_ptr<const dataplane::Classifier> classifier);

    /// What the operator has a word on; nobody but this writes what workers are told beside the tables.
    void set_modes(const dataplane::ModeSettings& modes) { plane_.modes().set(modes); }

    /// What has become of packets here, beside what the controller counts.
    [[nodiscard]] const ControlCounters& counters() const { return counters_; }

  private:
    struct RetiredClassifier {
        std::unique_ptr<const dataplane::Classifier> classifier;
        Barrier barrier;
    };

    dataplane::DataPlane& plane_;
    ControlCounters counters_;
    AddressFlows addresses_;
    SessionFlows flows_;
    PoolPlacement placement_;
    PacketOuts outs_;
    PacketIns ins_;
    std::vector<RetiredClassifier> retired_classifiers_;
};

}  // namespace honeyswitch::control
