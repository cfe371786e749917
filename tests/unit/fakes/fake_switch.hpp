// A Switch without a data plane, made of a fake for each of its pieces.
#pragma once

#include <optional>

#include "control/controller/switch.hpp"
#include "tests/unit/fakes/fake_domain_flows.hpp"
#include "tests/unit/fakes/fake_flow_table.hpp"
#include "tests/unit/fakes/fake_packet_out.hpp"
#include "tests/unit/fakes/fake_placement.hpp"

namespace honeyswitch::control {

class FakeSwitch final : public FakeDomainFlows,
                         public FakeFlowTable,
                         public FakePlacement,
                         public FakePacketOut {
  public:
    enum class Decision { inside, honeypot, packet_in };

    FakeSwitch() {
        added = [this] {
            if (spoke_meanwhile) sighted.push_back(*spoke_meanwhile);
            spoke_meanwhile.reset();
        };
    }
    FakeSwitch(const FakeSwitch&) = delete;
    FakeSwitch& operator=(const FakeSwitch&) = delete;

    /// As a controller takes it.
    operator Switch() { return {*this, *this, *this, *this, *this, *this, *this}; }

    /// What a packet from outside meets, in order of the paper's priorities.
    [[nodiscard]] Decision decide(const SessionKey& key) const {
        if (const auto flow = find_session(key); flow && !ended(*flow)) return Decision::honeypot;
        const Ipv4Address destination{key.inside.host()};
        const auto action = most_specific(destination);
        if (!action || *action == DomainAction::inside || active.contains(destination))
            return Decision::inside;
        return Decision::packet_in;
    }

    std::optional<Ipv4Address> spoke_meanwhile;  ///< is sighted when the next session is added
};

}  // namespace honeyswitch::control
