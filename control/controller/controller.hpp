// The controller of the paper's section 3.4: four triggers, and the flows that each adds or deletes.
//
// Plain C++ on the control thread: time comes in as an argument, flows go out through Switch.
#pragma once

#include <algorithm>
#include <bitset>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/prefix_map.hpp"
#include "control/controller/address_book.hpp"
#include "control/controller/admission_control.hpp"
#include "control/controller/control_counters.hpp"
#include "control/controller/domain_table.hpp"
#include "control/controller/honeypot_flows.hpp"
#include "control/controller/idle_wheel.hpp"
#include "control/controller/restart.hpp"
#include "control/controller/session_book.hpp"
#include "control/controller/switch.hpp"
#include "control/events/event_bus.hpp"
#include "control/events/list_knowledge.hpp"

namespace honeyswitch::control {

struct ControllerConfig {
    Milliseconds idle_timeout{60'000};
    Milliseconds sighting_lifetime{600'000};
    /// How long an agent's vouchers outlive its silence: another agent may keep the domain known meanwhile.
    Milliseconds voucher_lifetime{600'000};
    std::vector<Ipv4Prefix> static_active{};
    std::vector<Ipv4Prefix> dark{};
    std::vector<Ipv4Prefix> grants{};
    AdmissionMarks admission{};
    HoneypotFlowLimits honeypot_flows{};
    std::vector<Tier> tiers{};
    std::uint32_t reputation_capacity = 0;
};

class Controller final : public DomainReports {
  public:
    Controller(ControllerConfig config, const Switch& the_switch, EventBus& events);

    /// Adds the flows of the configuration. `interrupted` is asked now and then; once it says so, the rest is
    /// left to tick(). Error: a capacity is too small for all of them.
    [[nodiscard]] std::expected<void, Error> start(TimePoint now,
                                                   const std::function<bool()>& interrupted = {});
    /// A reload: what differs from before takes effect, in portions, by tick(); sessions go on.
    /// Precondition: nothing is changing().
    void reconfigure(ControllerConfig config, TimePoint now);
    /// Something of the configuration is not in force yet.
    [[nodiscard]] bool changing() const { return !changes_.empty(); }
    /// What came of the latest configuration, once nothing is changing(). Error: a capacity is too small for
    /// all of it; what fits is in force.
    [[nodiscard]] std::expected<void, Error> outcome() const;

    // Triggers 1 to 3 (DomainReports).
    [[nodiscard]] std::expected<Barrier, std::string> domain_state(AgentId agent, Ipv4Prefix domain,
                                                                   std::span<const Ipv4Address> active,
                                                                   TimePoint now) override;
    [[nodiscard]] Barrier addresses_active(AgentId agent, Ipv4Prefix domain,
                                           std::span<const Ipv4Address> addresses, TimePoint now) override;
    [[nodiscard]] Barrier addresses_inactive(AgentId agent, Ipv4Prefix domain,
                                             std::span<const Ipv4Address> addresses, TimePoint now) override;
    void domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint now) override;
    [[nodiscard]] bool reached(Barrier barrier) const override {
        return switch_.barriers.barrier_reached(barrier);
    }

    /// Trigger 4.
    void packet_in(const PacketIn& packet, TimePoint now);

    /// Who is asked which list a session's source is on. It outlives the controller, or is taken back.
    void set_lists(const ListKnowledge* lists) { lists_ = lists; }
    /// While this is set no session begins, and all goes on that has begun (maintenance).
    void set_begins_nothing(bool set) { begins_nothing_ = set; }

    /// Changes of the configuration, sightings, ageing, and vouchers that end: a bounded amount of work.
    /// Returns whether there was any.
    bool tick(TimePoint now);

    // A restart: what one controller hands to the next (controller_restart.cpp), beside its sessions.
    //
    // The `visit` functions call `visit(record)` for a portion, so that all of it can be read over many
    // turns; what changes meanwhile may be read twice, and what stays is read. The `restore` functions are
    // called after start(), before the first tick() and before any worker runs.

    /// Agents whose vouchers lapse, in the order in which they do: some thousands, and of more the first.
    template <typename Visit>
    void visit_silent(Visit visit) const {
        const auto count = std::min(lapses_.size(), most_silent);
        for (std::size_t i = 0; i < count; ++i)
            visit(WatchRecord{lapses_[i].agent, lapses_[i].domain, lapses_[i].due});
    }
    /// Agents that watch a domain, for `most` domains from `from` on. Returns where the next portion begins;
    /// nullopt: that was the last.
    template <typename Visit>
    [[nodiscard]] std::optional<Ipv4Prefix> visit_watches(Ipv4Prefix from, std::size_t most, TimePoint now,
                                                          Visit visit) const {
        auto place = domains_.lower_bound(from);
        for (; place != domains_.end() && most > 0; ++place, --most)
            for (const AgentId agent : place->second.agents)
                visit(WatchRecord{agent, place->first, now + config_.voucher_lifetime});
        return place == domains_.end() ? std::nullopt : std::optional(place->first);
    }
    /// `most` sightings from number `from` on, 0 being the first. Returns the number of the next portion;
    /// nullopt: that was the last.
    template <typename Visit>
    [[nodiscard]] std::optional<std::uint64_t> visit_sightings(std::uint64_t from, std::size_t most,
                                                               Visit visit) const {
        const std::uint64_t end = sightings_passed_ + sightings_.size();
        for (from = std::max(from, sightings_passed_); from < end && most > 0; ++from, --most) {
            const Sighting& sighting = sightings_[from - sightings_passed_];
            visit(SightingRecord{sighting.address, sighting.asked, sighting.due});
        }
        return from < end ? std::optional(from) : std::nullopt;
    }

    /// The agent has watched this domain. It is unknown until the agent reports, its sessions and sightings
    /// go on, and what restore_voucher() says of its addresses lapses as if the agent had fallen silent. In
    /// order of `lapse`. False: there is no room for the domain.
    [[nodiscard]] bool restore_watch(const WatchRecord& watch, TimePoint now);
    /// Precondition: of this agent a domain that holds the address was restored.
    void restore_voucher(AgentId agent, Ipv4Address address, TimePoint now) {
        activate(address, voucher_of(agent), now);
    }
    /// In order of `due`, and each address once. False: there is no room, or its domain is gone.
    [[nodiscard]] bool restore_sighting(const SightingRecord& sighting, TimePoint now);
    /// `diverted_anyway`: rules or lists divert it even from an active address.
    [[nodiscard]] std::expected<FlowId, SessionLoss> restore_session(SessionRecord session,
                                                                     bool diverted_anyway, TimePoint now);

    [[nodiscard]] const AddressBook& addresses() const { return addresses_; }
    [[nodiscard]] const DomainTable& domains() const { return domains_; }
    [[nodiscard]] const ControlCounters& counters() const { return counters_; }
    [[nodiscard]] std::size_t sightings() const { return sightings_.size(); }
    [[nodiscard]] SessionBook& sessions() { return sessions_; }
    [[nodiscard]] const SessionBook& sessions() const { return sessions_; }
    [[nodiscard]] const AdmissionControl& admission() const { return admission_; }

  private:
    static constexpr std::size_t most_silent = 4'096;
    struct Sighting {
        Ipv4Address address;
        bool asked;
        TimePoint due;
    };
    /// Vouchers of an agent that has fallen silent on their domain.
    struct Lapse {
        AgentId agent;
        Ipv4Prefix domain;
        TimePoint due;
        Ipv4Address next;  ///< where withdrawing goes on, once it is due
    };

    /// Of the configuration: addresses of a static prefix, or a domain.
    struct Change {
        enum class What : std::uint8_t { activate, apply, deactivate };
        What what;
        Ipv4Prefix prefix;
    };
    /// Domains that found no room.
    struct Refused {
        Error first;
        std::size_t count = 0;
    };

    void activate(Ipv4Address address, Voucher voucher, TimePoint now);
    void deactivate(Ipv4Address address, Voucher voucher);
    [[nodiscard]] std::expected<void, Error> apply(Ipv4Prefix prefix, Domain& domain, TimePoint now);
    void queue_changes(const std::vector<Ipv4Prefix>& static_before, TimePoint now);
    void queue_domains(TimePoint now);
    bool put_in_force(TimePoint now);
    std::uint64_t change_static(const Change& change, std::uint64_t most, TimePoint now);
    void refuse(Ipv4Prefix prefix, const Error& error);
    [[nodiscard]] bool holds_unapplied(Ipv4Prefix prefix) const;
    void try_unapplied_again();
    void bring_forward(TimePoint now);
    void cancel_lapse(AgentId agent, Ipv4Prefix domain);
    void vouch_for_subnet(Ipv4Prefix prefix, TimePoint now);
    void withdraw_subnet(Ipv4Prefix prefix);

    void packet_in_from_outside(const PacketIn& packet, TimePoint now);
    void begin_nothing(const PacketIn& packet);
    void begin_session(const PacketIn& packet, const DomainTable::value_type* domain, TimePoint now);
    void packet_in_from_honeypot(const PacketIn& packet, TimePoint now);
    void drop(const PacketIn& packet, ControlCounter reason);
    void open_honeypot_flow(const PacketIn& packet, TimePoint now);
    [[nodiscard]] bool goes_inside(Ipv4Address destination) const;
    /// The most specific domain that it lies in; null: none.
    [[nodiscard]] const DomainTable::value_type* domain_around(Ipv4Address address) const;
    /// The same, if it diverts and this address is not active; null: the address's packets go inside.
    [[nodiscard]] const DomainTable::value_type* diverting_domain(Ipv4Address destination) const;
    [[nodiscard]] SessionOrigin origin_of(const PacketIn& packet, const DomainTable::value_type* domain,
                                          PoolId pool, TimePoint now) const;
    void explain_diverted(const PacketIn& packet, SessionOrigin& origin) const;
    void begun_beside(DiversionReason reason, FlowId flow, const SessionFlow& session, TimePoint now);
    void tell_of_domain(Ipv4Prefix prefix, const Domain& domain, DomainWord state);
    [[nodiscard]] static bool is_diverted(const PacketIn& packet);
    void end_if_live(const PacketIn& packet, FlowId flow);
    [[nodiscard]] std::optional<HoneypotId> honeypot_for(const PacketIn& packet, PoolId pool, TimePoint now);
    void add_companion(const PacketIn& packet, FlowId session, TimePoint now);

    [[nodiscard]] bool take_sightings(TimePoint now);
    [[nodiscard]] bool age_sightings(TimePoint now);
    bool age_vouchers(TimePoint now);
    [[nodiscard]] bool may_be_forgotten(Ipv4Prefix prefix, const Domain& domain) const;
    [[nodiscard]] bool held_back(Ipv4Prefix prefix) const;
    bool forget_empty_domains();

    ControllerConfig config_;
    Switch switch_;
    EventBus& events_;
    const ListKnowledge* lists_ = nullptr;
    ControlCounters counters_;
    AddressBook addresses_;
    DomainTable domains_;
    std::bitset<33> prefix_lengths_;  ///< that some domain has, or has had
    std::deque<Change> changes_;      ///< in the order in which they have to come
    std::uint64_t next_address_ = 0;  ///< of the first change, if it is of addresses
    PrefixMap<bool> static_active_;   ///< of the configuration
    Refused refused_;
    std::set<Ipv4Prefix> unapplied_;        ///< domains whose state is not in force: the switch had no room
    std::optional<Ipv4Prefix> forgetting_;  ///< where the search for empty domains goes on
    SessionBook sessions_;
    AdmissionControl admission_;
    HoneypotFlows honeypot_flows_;
    L2Path latest_path_;  ///< of the latest Packet-In from outside: how a honeypot's own flow gets there
    std::deque<Sighting> sightings_;      ///< in order of `due`
    std::uint64_t sightings_passed_ = 0;  ///< that were at its front before
    std::deque<Lapse> lapses_;            ///< in order of `due`
    TimePoint last_housekeeping_{};
    bool begins_nothing_ = false;
};

}  // namespace honeyswitch::control
