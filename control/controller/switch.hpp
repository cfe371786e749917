// The data plane as the controller sees it, in OpenFlow's words and in pieces: who needs one takes that one.
// DpdkSwitch implements them over the tables of dataplane/; the unit tests implement them without EAL.
//
// Everything here is called on the control thread only.
#pragma once

#include "control/controller/barriers.hpp"
#include "control/controller/domain_flows.hpp"
#include "control/controller/flow_table.hpp"
#include "control/controller/packet_out.hpp"
#include "control/controller/placement.hpp"

namespace honeyswitch::control {

/// All of them, for who passes them on. What they are of outlives whoever has this.
struct Switch {
    DomainFlows& domains;
    Sightings& sightings;
    FlowTable& flows;
    SessionAccounts& accounts;
    Placement& placement;
    PacketOut& packets;
    Barriers& barriers;
};

}  // namespace honeyswitch::control
