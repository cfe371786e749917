#include "control/controller/controller.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace honeyswitch::control {
namespace {

/// All that may be done at once before agents and operators are listened to again.
constexpr std::size_t portion = 256;
constexpr Milliseconds housekeeping_interval{1000};

DomainWord word_of(DomainState state) {
    switch (state) {
        case DomainState::unknown:
            return DomainWord::unknown;
        case DomainState::known:
            return DomainWord::known;
        case DomainState::dark:
            return DomainWord::dark;
    }
    return DomainWord::unknown;
}

}  // namespace

Controller::Controller(ControllerConfig config, const Switch& the_switch, EventBus& events)
    : config_(std::move(config)),
      switch_(the_switch),
      events_(events),
      sessions_(the_switch, counters_, events, config_.idle_timeout, config_.reputation_capacity,
                config_.tiers),
      admission_(config_.admission, the_switch.flows, counters_),
      honeypot_flows_(config_.honeypot_flows) {}

/// Shorter lifetimes hold for what is there already. All stay in order of `due`.
void Controller::bring_forward(TimePoint now) {
    const TimePoint asked = now + config_.sighting_lifetime / 2, lapsed = now + config_.voucher_lifetime;
    for (Sighting& sighting : sightings_) sighting.due = std::min(sighting.due, asked);
    for (Lapse& lapse : lapses_) lapse.due = std::min(lapse.due, lapsed);
}

void Controller::activate(Ipv4Address address, Voucher voucher, TimePoint now) {
    if (!addresses_.vouch(address, voucher, now)) return;
    switch_.domains.add_active(address);
    counters_.add(ControlCounter::address_activated);
    events_.publish(AddressChanged{
        .address = address, .state = AddressState::active, .voucher = {std::to_underlying(voucher)}});
}

void Controller::deactivate(Ipv4Address address, Voucher voucher) {
    if (!addresses_.withdraw(address, voucher)) return;
    switch_.domains.delete_active(address);
    counters_.add(ControlCounter::address_deactivated);
    events_.publish(AddressChanged{
        .address = address, .state = AddressState::inactive, .voucher = {std::to_underlying(voucher)}});
}

/// Brings the switch's flow for this domain in line with what is known of it.
std::expected<void, Error> Controller::apply(Ipv4Prefix prefix, Domain& domain, TimePoint now) {
    prefix_lengths_.set(prefix.length);
    const DomainState wanted = domain.wanted_state();
    const auto action = diverts(wanted) ? DomainAction::packet_in : DomainAction::inside;
    if (wanted == DomainState::known) vouch_for_subnet(prefix, now);
    const auto active = addresses_.active_in(prefix);
    if (auto added = switch_.domains.add_domain(prefix, action, active); !added) {
        if (domain.state != DomainState::known) withdraw_subnet(prefix);
        counters_.add(ControlCounter::domain_refused);
        // It is tried again each second, and told of once.
        if (!unapplied_.contains(prefix)) tell_of_domain(prefix, domain, DomainWord::refused);
        return added;
    }
    unapplied_.erase(prefix);
    domain.in_switch = true;
    if (domain.state == wanted) return {};
    if (domain.state == DomainState::known) withdraw_subnet(prefix);
    if (wanted == DomainState::known) counters_.add(ControlCounter::domain_became_known);
    if (wanted == DomainState::unknown) counters_.add(ControlCounter::domain_became_unknown);
    domain.state = wanted;
    domain.since = now;
    tell_of_domain(prefix, domain, word_of(wanted));
    return {};
}

void Controller::tell_of_domain(Ipv4Prefix prefix, const Domain& domain, DomainWord state) {
    events_.publish(DomainChanged{.prefix = prefix, .state = state, .swept_by = sweeper_of(domain)});
}

void Controller::vouch_for_subnet(Ipv4Prefix prefix, TimePoint now) {
    if (prefix.length > 30) return;  // RFC 3021: point-to-point links have neither
    activate(prefix.network, Voucher::subnet, now);
    activate(prefix.last(), Voucher::subnet, now);
}

void Controller::withdraw_subnet(Ipv4Prefix prefix) {
    deactivate(prefix.network, Voucher::subnet);
    deactivate(prefix.last(), Voucher::subnet);
}

std::expected<DomainReports::Barrier, std::string> Controller::domain_state(
    AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> active, TimePoint now) {
    const Voucher voucher = voucher_of(agent);
    cancel_lapse(agent, domain);
    for (const Ipv4Address address : active) activate(address, voucher, now);

    Domain& entry = domains_[domain];
    const bool is_new = entry.agents.insert(agent).second;
    entry.swept = now;
    if (is_new) {
        if (auto applied = apply(domain, entry, now); !applied) {
            entry.agents.erase(agent);
            if (entry.wanted_state() == DomainState::unknown && !entry.granted) domains_.erase(domain);
            for (const Ipv4Address address : active) deactivate(address, voucher);
            return std::unexpected(applied.error().message());
        }
    }
    std::vector<Ipv4Address> reported(active.begin(), active.end());
    std::ranges::sort(reported);
    for (const Ipv4Address address : addresses_.vouched_in(domain, voucher))
        if (!std::ranges::binary_search(reported, address)) deactivate(address, voucher);
    return switch_.barriers.barrier_request();
}

DomainReports::Barrier Controller::addresses_active(AgentId agent, Ipv4Prefix domain,
                                                    std::span<const Ipv4Address> addresses, TimePoint now) {
    cancel_lapse(agent, domain);
    for (const Ipv4Address address : addresses) activate(address, voucher_of(agent), now);
    return switch_.barriers.barrier_request();
}

DomainReports::Barrier Controller::addresses_inactive(AgentId agent, Ipv4Prefix /*domain*/,
                                                      std::span<const Ipv4Address> addresses,
                                                      TimePoint /*now*/) {
    for (const Ipv4Address address : addresses) deactivate(address, voucher_of(agent));
    return switch_.barriers.barrier_request();
}

void Controller::domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint now) {
    // What this agent has seen stays active for a while: another may keep the domain known and not see it.
    cancel_lapse(agent, domain);
    lapses_.push_back({agent, domain, now + config_.voucher_lifetime, domain.network});
    const auto place = domains_.find(domain);
    if (place == domains_.end() || place->second.agents.erase(agent) == 0) return;
    if (!apply(domain, place->second, now)) unapplied_.insert(domain);
}

void Controller::cancel_lapse(AgentId agent, Ipv4Prefix domain) {
    std::erase_if(lapses_,
                  [&](const Lapse& lapse) { return lapse.agent == agent && lapse.domain == domain; });
}

bool Controller::tick(TimePoint now) {
    bool busy = put_in_force(now);
    busy = take_sightings(now) || busy;
    busy = age_sightings(now) || busy;
    busy = age_vouchers(now) || busy;
    busy = sessions_.tick(now) || busy;
    admission_.update();
    if (now - last_housekeeping_ >= housekeeping_interval) {
        last_housekeeping_ = now;
        try_unapplied_again();
        if (!forgetting_) forgetting_ = Ipv4Prefix{};
    }
    busy = forget_empty_domains() || busy;
    return busy;
}

bool Controller::take_sightings(TimePoint now) {
    std::array<Ipv4Address, portion> addresses;
    const std::size_t count = switch_.sightings.take_sightings(addresses);
    for (const Ipv4Address address : std::span(addresses).first(count)) {
        activate(address, Voucher::sighting, now);
        counters_.add(ControlCounter::sighting);
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
        ++sightings_passed_;
        const bool alone = addresses_.vouched_only_by(sighting.address, Voucher::sighting);
        if (sighting.asked && switch_.sightings.end_sighting(sighting.address, alone)) {
            deactivate(sighting.address, Voucher::sighting);
            counters_.add(ControlCounter::sighting_ended);
            continue;
        }
        sighting.asked = !sighting.asked;
        if (sighting.asked) switch_.sightings.ask_sighted(sighting.address);
        sighting.due = now + config_.sighting_lifetime / 2;
        sightings_.push_back(sighting);
    }
    return done != 0;
}

bool Controller::age_vouchers(TimePoint now) {
    if (lapses_.empty() || lapses_.front().due > now) return false;
    Lapse& lapse = lapses_.front();
    const Voucher voucher = voucher_of(lapse.agent);
    const auto stretch = addresses_.vouched_from(lapse.next, lapse.domain, voucher, portion);
    for (const Ipv4Address address : stretch.addresses) deactivate(address, voucher);
    if (stretch.next)
        lapse.next = *stretch.next;
    else
        lapses_.pop_front();
    return true;
}

}  // namespace honeyswitch::control
