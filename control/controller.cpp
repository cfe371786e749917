#include "control/controller.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace honeyswitch::control {
namespace {

/// All that may be done at once before agents and operators are listened to again.
constexpr std::size_t portion = 256;
constexpr Milliseconds housekeeping_interval{1000};

Ipv4Address address_of(dataplane::Be32 address) {
    return {address.host()};
}

}  // namespace

Controller::Controller(ControllerConfig config, Switch& the_switch)
    : config_(std::move(config)),
      switch_(the_switch),
      wheel_(the_switch.session_capacity(), config_.idle_timeout) {}

std::expected<void, Error> Controller::start(TimePoint now) {
    for (const Ipv4Prefix prefix : config_.static_active)
        for (std::uint64_t i = 0; i < prefix.size(); ++i)
            activate({prefix.network.value + static_cast<std::uint32_t>(i)}, Source::static_entry, now);
    for (const Ipv4Prefix prefix : config_.grants) domains_[prefix].granted = true;
    for (const Ipv4Prefix prefix : config_.dark) domains_[prefix].dark = true;
    // The shorter prefixes come first in the table: a grant within a dark prefix is never dark, not for a
    // moment, if it comes before.
    for (auto place = domains_.rbegin(); place != domains_.rend(); ++place) {
        place->second.since = now;
        if (auto applied = apply(place->first, place->second, now); !applied) return applied;
    }
    return {};
}

void Controller::activate(Ipv4Address address, Source source, TimePoint now) {
    if (!addresses_.vouch(address, source, now)) return;
    switch_.add_active(address);
    events_.add(Event::address_activated);
}

void Controller::deactivate(Ipv4Address address, Source source) {
    if (!addresses_.withdraw(address, source)) return;
    switch_.delete_active(address);
    events_.add(Event::address_deactivated);
}

/// Brings the switch's flow for this domain in line with what is known of it.
std::expected<void, Error> Controller::apply(Ipv4Prefix prefix, Domain& domain, TimePoint now) {
    prefix_lengths_.set(prefix.length);
    const DomainState wanted = domain.wanted_state();
    const auto action = diverts(wanted) ? DomainAction::packet_in : DomainAction::inside;
    if (wanted == DomainState::known) vouch_for_subnet(prefix, now);
    const auto active = addresses_.active_in(prefix);
    if (auto added = switch_.add_domain(prefix, action, active); !added) {
        if (domain.state != DomainState::known) withdraw_subnet(prefix);
        return added;
    }
    if (domain.state == wanted) return {};
    if (domain.state == DomainState::known) withdraw_subnet(prefix);
    if (wanted == DomainState::known) events_.add(Event::domain_became_known);
    if (wanted == DomainState::unknown) events_.add(Event::domain_became_unknown);
    domain.state = wanted;
    domain.since = now;
    return {};
}

void Controller::vouch_for_subnet(Ipv4Prefix prefix, TimePoint now) {
    if (prefix.length > 30) return;  // RFC 3021: point-to-point links have neither
    activate(prefix.network, Source::subnet, now);
    activate(prefix.last(), Source::subnet, now);
}

void Controller::withdraw_subnet(Ipv4Prefix prefix) {
    deactivate(prefix.network, Source::subnet);
    deactivate(prefix.last(), Source::subnet);
}

std::expected<DomainReports::Ticket, std::string> Controller::domain_state(
    AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> active, TimePoint now) {
    const Source source = source_of(agent);
    std::erase_if(lapses_,
                  [&](const Lapse& lapse) { return lapse.agent == agent && lapse.domain == domain; });
    for (const Ipv4Address address : active) activate(address, source, now);

    Domain& entry = domains_[domain];
    const bool is_new = entry.agents.insert(agent).second;
    if (is_new) {
        if (auto applied = apply(domain, entry, now); !applied) {
            entry.agents.erase(agent);
            if (entry.wanted_state() == DomainState::unknown && !entry.granted) domains_.erase(domain);
            for (const Ipv4Address address : active) deactivate(address, source);
            return std::unexpected(applied.error().message());
        }
    }
    std::vector<Ipv4Address> reported(active.begin(), active.end());
    std::ranges::sort(reported);
    for (const Ipv4Address address : addresses_.vouched_in(domain, source))
        if (!std::ranges::binary_search(reported, address)) deactivate(address, source);
    return switch_.barrier_request();
}

DomainReports::Ticket Controller::addresses_active(AgentId agent, Ipv4Prefix domain,
                                                   std::span<const Ipv4Address> addresses, TimePoint now) {
    cancel_lapse(agent, domain);
    for (const Ipv4Address address : addresses) activate(address, source_of(agent), now);
    return switch_.barrier_request();
}

DomainReports::Ticket Controller::addresses_inactive(AgentId agent, Ipv4Prefix /*domain*/,
                                                     std::span<const Ipv4Address> addresses,
                                                     TimePoint /*now*/) {
    for (const Ipv4Address address : addresses) deactivate(address, source_of(agent));
    return switch_.barrier_request();
}

void Controller::domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint now) {
    // What this agent has seen stays active for a while: another may keep the domain known and not see it.
    cancel_lapse(agent, domain);
    lapses_.push_back({agent, domain, now + config_.voucher_lifetime});
    const auto place = domains_.find(domain);
    if (place == domains_.end() || place->second.agents.erase(agent) == 0) return;
    const auto applied = apply(domain, place->second, now);
    assert(applied);  // the domain has its place already
    (void)applied;
}

void Controller::cancel_lapse(AgentId agent, Ipv4Prefix domain) {
    std::erase_if(lapses_,
                  [&](const Lapse& lapse) { return lapse.agent == agent && lapse.domain == domain; });
}

void Controller::packet_in(const PacketIn& packet, TimePoint now) {
    events_.add(Event::packet_in);
    if (packet.from_honeypot)
        packet_in_from_honeypot(packet, now);
    else
        packet_in_from_outside(packet, now);
}

void Controller::packet_in_from_outside(const PacketIn& packet, TimePoint now) {
    if (const auto flow = switch_.find_session(packet.key)) {
        events_.add(Event::packet_in_existing_session);
        if (packet.fragment) add_companion(packet, *flow, now);
        return switch_.packet_out(packet.buffer, *flow);
    }
    if (goes_inside(address_of(packet.key.inside))) {
        events_.add(Event::packet_in_active);
        return switch_.packet_out_inside(packet.buffer);
    }
    constexpr HoneypotId honeypot{0};
    const auto flow = add_session(packet.key, packet.path, honeypot, now);
    if (!flow) {
        events_.add(Event::session_table_full);
        return switch_.packet_out_honeypot(packet.buffer, honeypot);
    }
    if (packet.fragment) add_companion(packet, *flow, now);
    switch_.packet_out(packet.buffer, *flow);
}

/// Only fragments come this way: what has ports and no session was contained by the worker.
void Controller::packet_in_from_honeypot(const PacketIn& packet, TimePoint now) {
    const auto flow = switch_.find_session(packet.key);
    if (!flow) {
        events_.add(Event::packet_in_contained);
        return switch_.drop(packet.buffer);
    }
    add_companion(packet, *flow, now);
    switch_.packet_out(packet.buffer, *flow);
}

/// The controller looks again: the address may have become active, or its domain unknown, since the worker
/// looked.
bool Controller::goes_inside(Ipv4Address destination) const {
    if (addresses_.active(destination)) return true;
    for (int length = 32; length >= 0; --length) {
        if (!prefix_lengths_.test(static_cast<std::size_t>(length))) continue;
        const auto place = domains_.find(Ipv4Prefix::of(destination, static_cast<unsigned>(length)));
        if (place != domains_.end()) return !diverts(place->second.state);
    }
    return true;
}

std::optional<FlowId> Controller::add_session(const SessionKey& key, const L2Path& path, HoneypotId honeypot,
                                              TimePoint now) {
    const auto flow = switch_.add_session(key, path, honeypot, now);
    if (!flow) return std::nullopt;
    wheel_.insert(*flow, now);
    events_.add(Event::session_added);
    return flow;
}

/// The entry that the following fragments of this datagram, and of later ones of its addresses, will match.
/// When the table is full they come as Packet-Ins of their own.
void Controller::add_companion(const PacketIn& packet, FlowId session, TimePoint now) {
    const SessionKey companion = dataplane::companion_of(packet.key);
    if (companion == packet.key || switch_.find_session(companion)) return;
    const auto stats = switch_.session(session);
    if (stats) (void)add_session(companion, stats->path, stats->honeypot, now);
}

bool Controller::tick(TimePoint now) {
    bool busy = take_sightings(now);
    busy = age_sightings(now) || busy;
    busy = age_sessions(now) || busy;
    if (now - last_housekeeping_ >= housekeeping_interval) {
        last_housekeeping_ = now;
        age_vouchers(now);
        forget_empty_domains(now);
    }
    return busy;
}

bool Controller::take_sightings(TimePoint now) {
    std::array<Ipv4Address, portion> addresses;
    const std::size_t count = switch_.take_sightings(addresses);
    for (const Ipv4Address address : std::span(addresses).first(count)) {
        activate(address, Source::sighting, now);
        events_.add(Event::sighting);
        sightings_.push_back({address, false, now + config_.sighting_lifetime / 2});
    }
    return count != 0;
}

/// In the middle of its lifetime an address is asked whether it still speaks; at the end, the answer decides.
bool Controller::age_sightings(TimePoint now) {
    std::size_t done = 0;
    for (; done < portion && !sightings_.empty() && sightings_.front().due <= now; ++done) {
        Sighting sighting = sightings_.front();
        sightings_.pop_front();
        if (sighting.asked && switch_.end_sighting(sighting.address)) {
            deactivate(sighting.address, Source::sighting);
            events_.add(Event::sighting_ended);
            continue;
        }
        sighting.asked = !sighting.asked;
        if (sighting.asked) switch_.ask_sighted(sighting.address);
        sighting.due = now + config_.sighting_lifetime / 2;
        sightings_.push_back(sighting);
    }
    return done != 0;
}

bool Controller::age_sessions(TimePoint now) {
    std::array<FlowId, portion> expired;
    const std::size_t count =
        wheel_.advance(now, expired, [this](FlowId flow) { return switch_.last_seen(flow); });
    if (count == 0) return false;
    switch_.delete_sessions(std::span(expired).first(count));
    events_.add(Event::session_expired, count);
    return true;
}

void Controller::age_vouchers(TimePoint now) {
    while (!lapses_.empty() && lapses_.front().due <= now) {
        const Lapse lapse = lapses_.front();
        lapses_.pop_front();
        const Source source = source_of(lapse.agent);
        for (const Ipv4Address address : addresses_.vouched_in(lapse.domain, source))
            deactivate(address, source);
    }
}

/// An unknown domain keeps its place for its running sessions, and, if it is a grant, for good: a dark prefix
/// around it must not take it.
void Controller::forget_empty_domains(TimePoint /*now*/) {
    const auto held_back = [&](Ipv4Prefix prefix) {
        return std::ranges::any_of(domains_, [&](const auto& other) {
            return other.first != prefix && other.first.contains(prefix) && diverts(other.second.state);
        });
    };
    for (auto place = domains_.begin(); place != domains_.end();) {
        const auto& [prefix, domain] = *place;
        const bool empty = domain.wanted_state() == DomainState::unknown && !domain.granted &&
                           !held_back(prefix) && switch_.sessions_in(prefix) == 0;
        if (!empty) {
            ++place;
            continue;
        }
        switch_.delete_domain(prefix);
        place = domains_.erase(place);
    }
}

}  // namespace honeyswitch::control
