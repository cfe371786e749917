// ARP on the honeypot port: the switch is the honeypot's gateway, whatever address that asks for.
#pragma once

#include <cstdint>
#include <span>

#include "base/l2_path.hpp"
#include "dataplane/stages/parse.hpp"

namespace honeyswitch::dataplane {

enum class ArpOutcome : std::uint8_t {
    answered,  ///< the frame has become the reply
    heard,  ///< nothing to answer: a reply, a probe or an announcement of the sender's own address (RFC 5227)
    malformed,  ///< cut short, not IPv4 over Ethernet, or its sender is not that of the frame
};

/// Turns a request for another's address into the reply that claims it for `own`, in place.
[[nodiscard]] ArpOutcome answer_arp(std::span<std::uint8_t> frame, const L3View& l3, const EtherAddress& own);

}  // namespace honeyswitch::dataplane
