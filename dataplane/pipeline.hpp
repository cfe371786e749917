// The decision of the switch, for one burst at a time. One Pipeline for each worker; it owns the packets that
// it is given and hands each of them on exactly once: to a port, or to the control thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/address_table.hpp"
#include "dataplane/burst.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/honeypot_table.hpp"
#include "dataplane/mbuf_ring.hpp"
#include "dataplane/parse.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/transmitter.hpp"

namespace honeyswitch::dataplane {

/// What all workers read; the control thread writes it.
struct Tables {
    AddressTable& addresses;
    SessionTable& sessions;
    HoneypotTable& honeypots;
    ArpSender& arp_sender;
};

struct PipelineConfig {
    EtherAddress honeypot_port_mac{};  ///< what the honeypot's ARP requests are answered with
    bool open_containment = false;     ///< the paper's rule: whatever the honeypot sends goes outside
};

class Pipeline {
  public:
    Pipeline(const Tables& tables, const PipelineConfig& config, MbufRing& punt, Transmitter& transmitter,
             Counters& counters)
        : tables_(tables),
          config_(config),
          punt_ring_(punt),
          transmitter_(transmitter),
          counters_(counters) {}

    /// Once a round, before the bursts: the switch's clock, and whether the control thread is alive. When it
    /// is not, no domain is known (the link fails open); sessions go on.
    void set_time(std::uint32_t now_ms, bool control_alive) {
        now_ = now_ms;
        control_alive_ = control_alive;
    }

    void from_outside(std::span<rte_mbuf*> packets);
    void from_inside(std::span<rte_mbuf*> packets);
    void from_honeypot(std::span<rte_mbuf*> packets);

  private:
    /// The packets of a burst that may belong to a session, in parallel arrays.
    struct Candidates {
        std::array<rte_mbuf*, burst_size> packets;
        std::array<std::uint8_t, burst_size> states;
        std::array<bool, burst_size> plain;  ///< parse_plain was enough; `l3` and `views` are not set
        std::array<L3View, burst_size> l3;
        std::array<SessionView, burst_size> views;
        std::array<SessionKey, burst_size> keys;
        std::array<Session*, burst_size> sessions;
        std::size_t count = 0;

        /// The rest is filled in by find_sessions.
        void add(rte_mbuf* packet, std::uint8_t state) {
            packets[count] = packet;
            states[count++] = state;
        }
    };
    /// Packets on their way to the control thread.
    struct Punts {
        std::array<rte_mbuf*, burst_size> packets;
        std::array<Side, burst_size> otherwise;  ///< where each goes if the ring is full
        std::array<Session*, burst_size>
            sessions;  ///< whose it is, if it goes to the honeypot; nullptr: nobody's
        std::size_t count = 0;

        void add(rte_mbuf* packet, Side side, Session* session = nullptr) {
            packets[count] = packet;
            sessions[count] = session;
            otherwise[count++] = side;
        }
    };

    void count_strange(rte_mbuf* packet);
    void remember_path(rte_mbuf* packet);
    void find_sessions(From from);
    void parse(std::size_t candidate, From from);
    void decide_outside(std::size_t candidate);
    void decide_outside_unusual(std::size_t candidate, bool active);
    void decide_inactive(rte_mbuf* packet);
    void decide_honeypot(std::size_t candidate);
    [[nodiscard]] bool lacks_companion(const SessionView& view) const;
    void divert(rte_mbuf* packet, std::uint8_t tag_count, Session& session);
    void divert_stateless(rte_mbuf* packet);
    void send_inside(rte_mbuf* packet, Counter reason);
    void reply(rte_mbuf* packet, std::uint8_t tag_count, Session& session);
    void contain(rte_mbuf* packet, std::uint8_t tag_count, Counter reason);
    void from_honeypot_other(rte_mbuf* packet, const L3View& l3);
    void hand_over();

    const Tables tables_;
    const PipelineConfig config_;
    MbufRing& punt_ring_;
    Transmitter& transmitter_;
    Counters& counters_;
    std::uint32_t now_ = 0;
    bool control_alive_ = true;
    Candidates candidates_;  ///< of the burst at hand; members, so that nobody clears them for each burst
    Punts punts_;
    L2Path latest_path_;  ///< of the latest packet from outside; for open containment alone
};

}  // namespace honeyswitch::dataplane
