// Priorities 1 and 2: a burst from outside, and what the addresses that it is for say of it.
//
// Reads the IPv4 destination of each frame and nothing else, and looks it up in the domains. Whatever is no
// healthy IPv4 gets destination 0.0.0.0, which is in no domain, and so goes inside like all that nobody has a
// word on: `send_at_once` tells why each of those goes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/burst_mask.hpp"
#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/stages/stage_context.hpp"

namespace honeyswitch::dataplane {

class OutsideBurst {
  public:
    /// `packets` stay the caller's; there is at least one, and at most `burst_size`.
    OutsideBurst(std::span<rte_mbuf*> packets, const AddressTable& addresses) : packets_(packets) {
        for (std::size_t i = 0; i < packets.size(); ++i)
            destinations_[i] = parse_l3(frame_of(packets[i]), packets[i]->pkt_len).destination;
        addresses.lookup(std::span(destinations_).first(packets.size()), states_);
    }

    [[nodiscard]] std::span<rte_mbuf* const> packets() const { return packets_; }
    /// Host byte order; 0.0.0.0 unless IPv4.
    [[nodiscard]] std::uint32_t destination(std::size_t i) const { return destinations_[i]; }
    [[nodiscard]] const std::array<std::uint8_t, burst_size>& states() const { return states_; }
    [[nodiscard]] BurstMask all() const { return whole_burst(packets_.size()); }
    /// The destination is active, or in no known domain.
    [[nodiscard]] BurstMask active() const {
        return having_any(states_, address_state::active | address_state::sighted) & all();
    }
    /// Some session exists for the destination, as far as that is marked.
    [[nodiscard]] BurstMask with_sessions() const {
        return having_any(states_, address_state::sessions) & all();
    }

    /// By the port `inside`, as nobody has a word on them. The burst's packets are unspecified afterwards.
    void send_at_once(BurstMask passing, Transmitter& transmitter, PortIndex inside);
    /// The same where the burst passes as a whole: notes why.
    void note_at_once(BurstMask passing, Transmitter& transmitter, PortIndex inside) const;

  private:
    [[nodiscard]] std::size_t move_to_front(BurstMask chosen);

    std::span<rte_mbuf*> packets_;
    std::array<std::uint32_t, burst_size> destinations_;  ///< behind the last packet: unspecified
    std::array<std::uint8_t, burst_size> states_;         ///< likewise
};

}  // namespace honeyswitch::dataplane
