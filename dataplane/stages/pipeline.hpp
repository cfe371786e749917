// The decision of the switch, for one burst at a time. One Pipeline for each worker; it owns the packets that
// it is given and hands each of them on exactly once: to a port, or to the control thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/burst_mask.hpp"
#include "dataplane/eal/counters.hpp"
#include "dataplane/eal/mbuf_ring.hpp"
#include "dataplane/stages/fragment_order.hpp"
#include "dataplane/stages/packet_in_note.hpp"
#include "dataplane/stages/parse.hpp"
#include "dataplane/stages/reply_limiter.hpp"
#include "dataplane/stages/transmitter.hpp"
#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/listed_table.hpp"
#include "dataplane/tables/modes.hpp"
#include "dataplane/tables/own_flows.hpp"
#include "dataplane/tables/pending_table.hpp"
#include "dataplane/tables/policy.hpp"
#include "dataplane/tables/pool_table.hpp"
#include "dataplane/tables/progress.hpp"
#include "dataplane/tables/session_table.hpp"

namespace honeyswitch::dataplane {

/// What all workers share.
struct Tables {
    AddressTable& addresses;
    SessionTable& sessions;
    HoneypotTable& honeypots;
    PoolTable& pools;
    PendingTable& pending;
    OwnFlows& own_flows;
    ListedTable& listed;
    CurrentPolicy& policy;
    Modes& modes;
};

struct PipelineConfig {
    unsigned worker = 0;  ///< its index
    /// What ARP requests of honeypots are answered with: MAC addresses of the honeypot ports.
    std::array<EtherAddress, most_honeypot_ports> honeypot_port_macs{};
    /// The controller's own probes of honeypots come from here: what a honeypot sends to it is handed to the
    /// control thread.
    Be32 probe_source{};
};

class Pipeline {
  public:
    Pipeline(const Tables& tables, const PipelineConfig& config, MbufRing& punt, Transmitter& transmitter,
             Counters& counters, ProgressTally& tally, ReplyLimiter limiter)
        : tables_(tables),
          config_(config),
          punt_ring_(punt),
          transmitter_(transmitter),
          counters_(counters),
          tally_(tally),
          limiter_(std::move(limiter)) {}

    /// Once a round, before the bursts: the switch's clock, and whether the control thread is alive. When it
    /// is not, no domain is known (the link fails open); sessions go on.
    void set_time(std::uint32_t now_ms, bool control_alive) {
        now_ = now_ms;
        control_alive_ = control_alive;
    }

    /// How many packets of new flows may be carried in each burst from outside from here on, and how many for
    /// inactive addresses may be looked up to find whether they belong to a session; those beyond it are
    /// dropped.
    void set_limits(unsigned newcomers, unsigned lookups = burst_size) {
        newcomers_ = newcomers;
        lookups_ = lookups;
    }

    /// Once a round, before the bursts and before Packet-Outs are sent: how many of the packets that this has
    /// handed to the control thread have come back from it, or were dropped there.
    void set_settled(std::uint64_t packets) { order_.set_settled(packets); }

    /// Whether some of them were for active addresses, as legitimate packets are.
    bool from_outside(std::span<rte_mbuf*> packets);
    void from_inside(std::span<rte_mbuf*> packets);
    /// `port`: the honeypot port that they came in by.
    void from_honeypot(std::span<rte_mbuf*> packets, PortIndex port);

  private:
    /// What the operator's policy may have to say of the packets of a burst.
    struct Notes {
        BurstMask concerned = 0;  ///< it may have a word on them
        BurstMask spared = 0;     ///< it may send them inside although their destination is inactive
    };
    /// The packets of a burst that may belong to a session, in parallel arrays.
    struct Candidates {
        std::array<rte_mbuf*, burst_size> packets;
        std::array<std::uint8_t, burst_size> states;
        std::array<bool, burst_size> plain;  ///< parse_plain was enough; `l3` and `views` are not set
        std::array<L3View, burst_size> l3;
        std::array<SessionView, burst_size> views;
        std::array<SessionKey, burst_size> keys;
        std::array<std::uint64_t, burst_size> hashes;  ///< of the keys
        std::array<Session*, burst_size> sessions;
        std::array<Judgement, burst_size> judgements;
        bool judged = true;  ///< some of `judgements` may say something
        std::size_t count = 0;
        bool any_unmarked = false;  ///< the destination of some has no session, and need not be looked up
        Notes notes;
        BurstMask shed = 0;  ///< dropped in an overload

        void clear() {
            count = 0;
            any_unmarked = false;
            notes = {};
            shed = 0;
        }
        void judge_none() {
            if (judged) judgements.fill({});
            judged = false;
        }
        /// The rest is filled in by find_sessions and judge.
        void add(rte_mbuf* packet, std::uint8_t state) {
            packets[count] = packet;
            states[count++] = state;
        }
    };
    [[nodiscard]] static bool is_active(std::uint8_t state) {
        return (state & (address_state::inside | address_state::sighted)) != 0;
    }
    /// The address has the mark of its sessions, or is in a domain where no mark is kept.
    [[nodiscard]] static bool may_have_sessions(std::uint8_t state) {
        return (state & (address_state::sessions | address_state::unwatched)) != 0;
    }
    /// Packets on their way to the control thread.
    struct Punts {
        static constexpr std::uint8_t no_candidate = 255;
        std::array<rte_mbuf*, burst_size> packets;
        std::array<Side, burst_size> otherwise;           ///< where each goes if the ring is full
        std::array<std::uint8_t, burst_size> candidates;  ///< its index among the candidates
        std::size_t count = 0;
        std::size_t of_honeypots_own = 0;  ///< that are about what a honeypot does of its own accord

        void add(rte_mbuf* packet, Side side, std::size_t candidate = no_candidate) {
            packets[count] = packet;
            candidates[count] = static_cast<std::uint8_t>(candidate);
            otherwise[count++] = side;
        }
    };
    /// How a packet without a session could begin one.
    enum class Opening : std::uint8_t { request, answer, other };

    // Of a candidate
    [[nodiscard]] bool active(std::size_t i) const { return is_active(candidates_.states[i]); }
    [[nodiscard]] std::uint8_t tag_count(std::size_t i) const {
        return candidates_.plain[i] ? 0 : candidates_.l3[i].tag_count;
    }
    [[nodiscard]] bool following_fragment(std::size_t i) const {
        return !candidates_.plain[i] && candidates_.views[i].following_fragment;
    }
    [[nodiscard]] bool is_fragment(std::size_t i) const {
        return !candidates_.plain[i] &&
               (candidates_.views[i].first_fragment || candidates_.views[i].following_fragment);
    }
    /// The same for all fragments of its addresses, whether they have ports or not.
    [[nodiscard]] std::uint64_t fragment_hash(std::size_t i) const {
        return tables_.sessions.hash(companion_of(candidates_.views[i].own_key));
    }
    [[nodiscard]] L3View l3_of(std::size_t i) const;
    [[nodiscard]] Opening opening_of(std::size_t i) const;
    [[nodiscard]] std::uint8_t tcp_flags_of(std::size_t i) const;

    // pipeline.cpp: from outside
    void note_concerned(std::span<rte_mbuf*> packets, std::span<const std::uint32_t> destinations,
                        Notes& notes);
    void send_at_once(std::span<rte_mbuf*> packets, BurstMask at_once, BurstMask strange);
    [[nodiscard]] BurstMask beyond_limits(std::span<rte_mbuf*> packets,
                                          const std::array<std::uint8_t, burst_size>& states,
                                          BurstMask may_be_shed) const;
    void take_candidates(std::span<rte_mbuf*> packets, const std::array<std::uint8_t, burst_size>& states,
                         const Notes& notes, BurstMask taken);
    void drop_in_overload(std::span<rte_mbuf*> packets, BurstMask dropped);
    void remember_path(rte_mbuf* packet);
    void find_sessions(From from);
    void look_up_marked();
    void shed_newcomers();
    [[nodiscard]] bool may_go_inside(std::size_t candidate) const;
    void parse(std::size_t candidate, From from);
    void prefetch_pending();
    void judge();
    void decide_outside(std::size_t candidate);
    void decide_decoy(std::size_t candidate);
    void decide_active(std::size_t candidate);
    void punt(std::size_t candidate, Side otherwise, PacketInReason reason);
    void note(std::size_t candidate, PacketInReason reason, PortIndex port, HoneypotIndex sender);
    void send_inside(rte_mbuf* packet, Counter reason);
    void drop(rte_mbuf* packet, Counter reason);
    void hand_over();

    // inside.cpp: from inside
    void note_own_flow(rte_mbuf* packet);
    void take_back(std::span<rte_mbuf*> packets, BurstMask of_hosts_with_sessions);
    [[nodiscard]] bool is_the_insides(std::size_t candidate);
    [[nodiscard]] bool outlived(Session& session) const;

    // admission.cpp: how a session begins
    void decide_admission(std::size_t candidate);
    [[nodiscard]] bool may_follow(std::size_t candidate, Opening opening) const;
    [[nodiscard]] bool follows_an_answer(std::size_t candidate, Opening opening) const;
    [[nodiscard]] bool lacks_companion(std::size_t candidate) const;
    [[nodiscard]] std::optional<PacketInReason> long_way(std::size_t candidate) const;
    [[nodiscard]] PacketInReason reason_to_ask(std::size_t candidate) const;
    void divert(std::size_t candidate);
    void to_session(std::size_t candidate);
    void divert_stateless(std::size_t candidate, Counter reason);
    [[nodiscard]] HoneypotIndex note_pending(std::size_t candidate, HoneypotIndex chosen);
    void to_honeypot(rte_mbuf* packet, std::uint8_t tags, HoneypotAddress address, Counter reason);
    void to_no_honeypot(rte_mbuf* packet, bool dropped);

    // containment.cpp: from honeypots
    void decide_honeypot(std::size_t candidate);
    void decide_without_session(std::size_t candidate);
    void ask_to_leave(std::size_t candidate, PacketInReason reason);
    void punt_reply(std::size_t candidate, PacketInReason reason, HoneypotIndex sender);
    [[nodiscard]] bool comes_from(HoneypotIndex honeypot, std::size_t candidate) const;
    [[nodiscard]] HoneypotIndex sender_of(std::size_t candidate);
    [[nodiscard]] bool within_caps(std::size_t candidate, Be32 address, HoneypotIndex honeypot);
    void lead_companion(std::size_t candidate, const Session& session);
    void reply(std::size_t candidate, Session& session);
    void send_reply(std::size_t candidate, Session& session);
    void reply_stateless(std::size_t candidate, PendingFlow flow);
    void send_back(rte_mbuf* packet, std::uint8_t tags, const L2Path& path, Counter reason);
    void contain(std::size_t candidate, Counter reason);
    void not_handed_over(std::size_t punt);
    void from_honeypot_other(rte_mbuf* packet, const L3View& l3);
    [[nodiscard]] bool may_punt_own();

    const Tables tables_;
    const PipelineConfig config_;
    MbufRing& punt_ring_;
    Transmitter& transmitter_;
    Counters& counters_;
    ProgressTally& tally_;
    ReplyLimiter limiter_;
    std::uint32_t now_ = 0;
    bool control_alive_ = true;
    unsigned newcomers_ = burst_size;                 ///< in each burst from outside
    unsigned newcomers_left_ = 0;                     ///< in this one
    unsigned lookups_ = burst_size;                   ///< for inactive addresses, in each burst from outside
    PathNumber session_path_ = 0, pending_path_ = 0;  ///< of the latest packet, in either's table
    const Policy* policy_ = nullptr;                  ///< of this burst
    PortIndex honeypot_port_ = first_honeypot_port;   ///< of this burst from a honeypot
    HoneypotIndex latest_sender_ = 0;                 ///< of what had no session
    Candidates candidates_;  ///< of the burst at hand; members, so that nobody clears them for each burst
    Punts punts_;
    FragmentOrder order_;
    L2Path latest_path_;  ///< of the latest packet from outside; for open containment alone
};

}  // namespace honeyswitch::dataplane
