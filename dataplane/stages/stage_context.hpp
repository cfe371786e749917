// What the stages of one worker share: the tables of all workers, what this worker counts and sends with, and
// the moment and the policy by which the burst at hand is decided. Every stage holds a reference to it, and
// none of them changes it: that is the Pipeline's, between bursts.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/eal/counters.hpp"
#include "dataplane/eal/side.hpp"
#include "dataplane/stages/transmitter.hpp"
#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/classifier.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/modes.hpp"
#include "dataplane/tables/own_flows.hpp"
#include "dataplane/tables/pending_table.hpp"
#include "dataplane/tables/pool_table.hpp"
#include "dataplane/tables/progress.hpp"
#include "dataplane/tables/session_table.hpp"
#include "dataplane/tables/source_table.hpp"

namespace honeyswitch::dataplane {

/// What all workers share.
struct Tables {
    AddressTable& addresses;
    SessionTable& sessions;
    HoneypotTable& honeypots;
    PoolTable& pools;
    PendingTable& pending;
    OwnFlows& own_flows;
    SourceTable& sources;
    CurrentClassifier& classifier;
    Modes& modes;
};

struct PipelineConfig {
    unsigned worker = 0;  ///< its index
    PortLayout layout{};
    /// What ARP requests of honeypots are answered with: MAC addresses of the honeypot ports.
    std::array<EtherAddress, most_honeypot_ports> honeypot_port_macs{};
    /// The controller's own probes of honeypots come from here: what a honeypot sends to it is handed to the
    /// control thread.
    Be32 probe_source{};
};

struct StageContext {
    const Tables tables;
    const PipelineConfig config;
    Transmitter& transmitter;
    Counters& counters;
    ProgressTally& tally;
    /// Milliseconds of the switch's clock, modulo 2^32.
    std::uint32_t now = 0;
    /// When the control thread is not, no domain is known, and nothing is handed to it.
    bool control_alive = true;
    /// The rules and lists in force; of this burst.
    const Classifier* classifier = nullptr;
    /// Of this burst.
    Diverting diverting = Diverting::all;
    /// That the burst came in by, and the link by which answers to it leave: none, if it is a mirror's.
    PortIndex port = 0;
    LinkIndex link = 0;

    /// Whatever is decided about packets from outside, they pass.
    [[nodiscard]] bool observes() const { return diverting == Diverting::nothing; }
    /// No flow begins to be diverted.
    [[nodiscard]] bool diverts_nothing_new() const { return diverting == Diverting::running; }

    // A packet from outside. Where these observe, its reason is noted and it stays in its burst, which passes
    // as a whole (Pipeline::observe).

    void send_inside(rte_mbuf* packet, Counter reason) const {
        if (observes()) [[unlikely]]
            return note_inside(packet, reason);
        transmitter.send(packet, {reason, partner_of(port)});
    }
    /// It would be dropped, or go to a honeypot: the reason is that of what only passes.
    [[gnu::cold, gnu::noinline]] void observe(rte_mbuf* packet, Counter reason) const {
        note_inside(packet, observed(reason));
    }

    /// From whatever side.
    void drop(rte_mbuf* packet, Counter reason) const {
        if (observes()) [[unlikely]]
            return observe(packet, reason);
        transmitter.discard(packet, reason);
    }
    /// Rules or lists may have a word on a packet of an active address. Without any, none needs to be asked.
    [[nodiscard]] bool policy_concerns_any() const {
        return classifier->concerns_any() || !tables.sources.lists_none();
    }

  private:
    // Out of the way of what diverts, as observe() is.
    [[gnu::cold, gnu::noinline]] void note_inside(rte_mbuf* packet, Counter reason) const {
        transmitter.note(packet, {reason, partner_of(port)});
    }
};

}  // namespace honeyswitch::dataplane
