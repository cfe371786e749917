// A Switch without a data plane: flows in plain containers, and the decision that a packet would meet.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "control/controller/switch.hpp"

namespace honeyswitch::control {

class FakeSwitch final : public Switch {
  public:
    enum class Decision { inside, honeypot, packet_in };
    enum class Sent { inside, honeypot, honeypot_stateless, outside, dropped };
    struct PacketOut {
        std::uintptr_t buffer;
        Sent to;
        friend bool operator==(const PacketOut&, const PacketOut&) = default;
    };

    /// What a packet from outside meets, in order of the paper's priorities.
    [[nodiscard]] Decision decide(const SessionKey& key) const {
        if (const auto flow = find_session(key); flow && !ended(*flow)) return Decision::honeypot;
        const Ipv4Address destination{key.inside.host()};
        const auto action = most_specific(destination);
        if (!action || *action == DomainAction::inside || active.contains(destination))
            return Decision::inside;
        return Decision::packet_in;
    }

    std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                          std::span<const Ipv4Address> addresses) override {
        if (refuses_domains || (domains.size() == domain_capacity && !domains.contains(prefix)))
            return std::unexpected(
                Error{"add", "domain " + to_string(prefix), "the capacity of domains is used up"});
        for (const Ipv4Address address : addresses) active.insert(address);
        domains[prefix] = action;
        log.push_back("domain " + to_string(prefix) +
                      (action == DomainAction::packet_in ? " packet_in" : " inside"));
        return {};
    }
    void delete_domain(Ipv4Prefix prefix) override { domains.erase(prefix); }
    void add_active(Ipv4Address address) override {
        active.insert(address);
        log.push_back("active " + to_string(address));
    }
    void delete_active(Ipv4Address address) override { active.erase(address); }

    std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) override {
        if (sessions.size() == capacity) return std::nullopt;
        const FlowId flow{next_flow++ % 1000};
        sessions[flow] = {.key = session.key,
                          .path = session.path,
                          .honeypot = session.honeypot,
                          .progress = session.progress,
                          .created = now,
                          .last_seen = now};
        counted[flow] = session.counted;
        if (session.contained) contained.insert(flow);
        if (session.lasting) lasting.insert(flow);
        if (spoke_meanwhile) sighted.push_back(*spoke_meanwhile);
        spoke_meanwhile.reset();
        return flow;
    }
    std::optional<SessionProgress> take_progress(FlowId flow) override {
        const auto place = sessions.find(flow);
        if (place == sessions.end()) return std::nullopt;
        const Step before = std::exchange(counted[flow], place->second.progress);
        return SessionProgress{place->second.key, before, place->second.progress};
    }
    std::size_t take_payloads(std::span<FlowId> flows) override {
        std::size_t count = 0;
        for (; count < flows.size() && !payloads.empty(); payloads.pop_back())
            flows[count++] = payloads.back();
        return count;
    }
    void admit_by_handshake(bool wanted) override { handshake = wanted; }
    std::optional<HoneypotId> choose(PoolId pool, const SessionKey&) const override {
        const auto place = pools.find(pool);
        return place == pools.end() ? std::nullopt : place->second;
    }
    bool drops(PoolId pool) const override { return dropping.contains(pool); }
    bool on_campus(Ipv4Address address) const override { return campus.contains(address); }
    bool move_source(Ipv4Address source, PoolId from, PoolId to) override {
        moved[source] = {from, to};
        return true;
    }
    void move_back(Ipv4Address source) override { moved.erase(source); }
    std::optional<FlowId> find_session(const SessionKey& key) const override {
        for (const auto& [flow, stats] : sessions)
            if (stats.key == key) return flow;
        return std::nullopt;
    }
    std::optional<FlowId> find_session(const PacketIn& packet) const override {
        return find_session(packet.key);
    }
    void end_session(FlowId flow) override { ended_flows.insert(flow); }
    bool ended(FlowId flow) const override { return ended_flows.contains(flow); }
    void delete_sessions(std::span<const FlowId> flows) override {
        for (const FlowId flow : flows) {
            sessions.erase(flow);
            ended_flows.erase(flow);
        }
    }
    TimePoint last_seen(FlowId flow) const override { return sessions.at(flow).last_seen; }
    std::optional<SessionStats> session(FlowId flow) const override {
        const auto place = sessions.find(flow);
        return place == sessions.end() ? std::nullopt : std::optional(place->second);
    }
    std::uint32_t session_capacity() const override { return 1000; }
    std::uint32_t session_count() const override { return static_cast<std::uint32_t>(sessions.size()); }
    std::uint64_t sessions_in(Ipv4Prefix domain) const override {
        std::uint64_t count = 0;
        for (const auto& [flow, stats] : sessions)
            count += domain.contains(Ipv4Address{stats.key.inside.host()});
        return count;
    }

    Barrier barrier_request() override {
        log.push_back("barrier");
        return ++requested;
    }
    bool barrier_reached(Barrier barrier) const override { return barrier <= reached; }

    void packet_out(BufferId buffer, FlowId flow) override {
        sessions.at(flow).packets_in++;
        out(buffer,
            from_honeypot.contains(static_cast<std::uintptr_t>(buffer)) ? Sent::outside : Sent::honeypot);
    }
    void packet_out_inside(BufferId buffer) override { out(buffer, Sent::inside); }
    void packet_out_honeypot(BufferId buffer, HoneypotId) override { out(buffer, Sent::honeypot_stateless); }
    void drop(BufferId buffer) override { out(buffer, Sent::dropped); }

    std::size_t take_sightings(std::span<Ipv4Address> addresses) override {
        std::size_t count = 0;
        while (count < addresses.size() && !sighted.empty()) {
            addresses[count++] = sighted.back();
            sighted.pop_back();
        }
        return count;
    }
    bool is_sighted(Ipv4Address address) const override {
        return std::ranges::find(sighted, address) != sighted.end();
    }
    void ask_sighted(Ipv4Address address) override { asked.insert(address); }
    bool end_sighting(Ipv4Address address, bool alone) override {
        const bool ended = asked.erase(address) != 0;
        if (ended && alone) active.erase(address);
        return ended;
    }

    std::map<Ipv4Prefix, DomainAction> domains;
    std::set<Ipv4Address> active;
    std::map<FlowId, SessionStats> sessions;
    std::map<FlowId, Step> counted;
    std::set<FlowId> contained, lasting, ended_flows;
    std::vector<FlowId> payloads;
    bool handshake = false;
    std::map<PoolId, std::optional<HoneypotId>> pools{{PoolId{0}, HoneypotId{0}}};
    std::set<PoolId> dropping;
    Ipv4Prefix campus = Ipv4Prefix::of({0x0a000000}, 8);
    std::map<Ipv4Address, std::pair<PoolId, PoolId>> moved;
    std::vector<PacketOut> packet_outs;
    std::vector<std::string> log;  ///< flow-mods of priorities 1 and 2, and barriers, in order
    std::set<std::uintptr_t> from_honeypot;
    std::vector<Ipv4Address> sighted;            ///< those that were not taken yet
    std::optional<Ipv4Address> spoke_meanwhile;  ///< is sighted when the next session is added
    std::set<Ipv4Address> asked;                 ///< erase one to let its address speak
    bool refuses_domains = false;
    std::size_t capacity = 1000, domain_capacity = 100;
    Barrier requested = 0, reached = 0;
    std::uint32_t next_flow = 0;

  private:
    std::optional<DomainAction> most_specific(Ipv4Address address) const {
        std::optional<DomainAction> action;
        unsigned length = 0;
        for (const auto& [prefix, its_action] : domains) {
            if (!prefix.contains(address) || (action && prefix.length < length)) continue;
            action = its_action;
            length = prefix.length;
        }
        return action;
    }
    void out(BufferId buffer, Sent to) { packet_outs.push_back({static_cast<std::uintptr_t>(buffer), to}); }
};

}  // namespace honeyswitch::control
