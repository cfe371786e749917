#include "control/controller/controller.hpp"

#include <algorithm>
#include <array>

namespace honeyswitch::control {
namespace {

/// All that may be done at once before agents and operators are listened to again.
constexpr std::size_t portion = 256;
constexpr Milliseconds housekeeping_interval{1000};

}  // namespace

Controller::Controller(ControllerConfig config, Switch& the_switch)
    : config_(std::move(config)),
      switch_(the_switch),
      sessions_(the_switch, events_, config_.idle_timeout, config_.history_capacity, config_.tiers),
      admission_(config_.admission, the_switch, events_),
      honeypot_flows_(config_.honeypot_flows) {}

std::expected<void, Error> Controller::start(TimePoint now) {
    for (const Ipv4Prefix prefix : config_.static_active)
        for (std::uint64_t i = 0; i < prefix.size(); ++i)
            activate({prefix.network.value + static_cast<std::uint32_t>(i)}, Source::static_entry, now);
    return apply_all(now);
}

/// Domains of the configuration.
std::expected<void, Error> Controller::apply_all(TimePoint now) {
    for (auto& [prefix, domain] : domains_) {
        domain.granted = domain.dark = false;
        domain.pending = true;
    }
    for (const Ipv4Prefix prefix : config_.grants) domains_[prefix].granted = domains_[prefix].pending = true;
    for (const Ipv4Prefix prefix : config_.dark) domains_[prefix].dark = domains_[prefix].pending = true;
    return apply_pending(now);
}

/// Returns the first error, and does what can be done beside it: around a prefix that found no room nothing
/// is diverted.
std::expected<void, Error> Controller::apply_pending(TimePoint now) {
    std::expected<void, Error> result;
    std::vector<Ipv4Prefix> refused;
    // The shorter prefixes come first in the table: a grant within a dark prefix is never dark, not for a
    // moment, if it comes before.
    for (auto place = domains_.rbegin(); place != domains_.rend(); ++place) {
        auto& [prefix, domain] = *place;
        if (!domain.pending) continue;
        if (domain.since == TimePoint{}) domain.since = now;
        const bool waits =
            diverts(domain.wanted_state()) &&
            std::ranges::any_of(refused, [&](Ipv4Prefix other) { return prefix.contains(other); });
        if (waits) continue;
        if (auto applied = apply(prefix, domain, now); !applied) {
            refused.push_back(prefix);
            if (result) result = std::move(applied);
        }
    }
    return result;
}

std::expected<void, Error> Controller::reconfigure(ControllerConfig config, TimePoint now) {
    change_static_active(config.static_active, now);
    const bool tiers_differ = config.tiers != config_.tiers;
    config_ = std::move(config);
    sessions_.reconfigure(config_.idle_timeout, config_.history_capacity, config_.tiers, tiers_differ);
    admission_.reconfigure(config_.admission);
    honeypot_flows_.reconfigure(config_.honeypot_flows);
    bring_forward(now);
    return apply_all(now);
}

/// Shorter lifetimes hold for what is there already. All stay in order of `due`.
void Controller::bring_forward(TimePoint now) {
    const TimePoint asked = now + config_.sighting_lifetime / 2, lapsed = now + config_.voucher_lifetime;
    for (Sighting& sighting : sightings_) sighting.due = std::min(sighting.due, asked);
    for (Lapse& lapse : lapses_) lapse.due = std::min(lapse.due, lapsed);
}

/// New ones first: an address that two prefixes name stays active throughout.
void Controller::change_static_active(const std::vector<Ipv4Prefix>& wanted, TimePoint now) {
    const auto covered = [](const std::vector<Ipv4Prefix>& prefixes, Ipv4Address address) {
        return std::ranges::any_of(prefixes, [&](Ipv4Prefix prefix) { return prefix.contains(address); });
    };
    const auto each = [](const std::vector<Ipv4Prefix>& prefixes, auto visit) {
        for (const Ipv4Prefix prefix : prefixes)
            for (std::uint64_t i = 0; i < prefix.size(); ++i)
                visit(Ipv4Address{prefix.network.value + static_cast<std::uint32_t>(i)});
    };
    each(wanted, [&](Ipv4Address address) { activate(address, Source::static_entry, now); });
    each(config_.static_active, [&](Ipv4Address address) {
        if (!covered(wanted, address)) deactivate(address, Source::static_entry);
    });
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
        events_.add(Event::domain_refused);
        return added;
    }
    domain.pending = false;
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
    place->second.pending = !apply(domain, place->second, now);
}

void Controller::cancel_lapse(AgentId agent, Ipv4Prefix domain) {
    std::erase_if(lapses_,
                  [&](const Lapse& lapse) { return lapse.agent == agent && lapse.domain == domain; });
}

bool Controller::tick(TimePoint now) {
    bool busy = take_sightings(now);
    busy = age_sightings(now) || busy;
    busy = sessions_.tick(now) || busy;
    admission_.update();
    if (now - last_housekeeping_ >= housekeeping_interval) {
        last_housekeeping_ = now;
        if (std::ranges::any_of(domains_, [](const auto& place) { return place.second.pending; }))
            (void)apply_pending(now);  // is told by the counter
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
        const bool alone = addresses_.vouched_only_by(sighting.address, Source::sighting);
        if (sighting.asked && switch_.end_sighting(sighting.address, alone)) {
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
