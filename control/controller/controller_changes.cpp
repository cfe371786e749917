// What the configuration says, on its way into force: a portion in each turn of the control loop, so that
// neither the heartbeat nor a Packet-In waits for tens of thousands of domains.
#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "control/controller/controller.hpp"

namespace honeyswitch::control {
namespace {

/// Of a turn. A unit is what an address costs, about a microsecond.
constexpr std::uint64_t portion = 2'048;
/// What a domain costs, and then what some of its addresses do.
constexpr std::uint64_t for_a_domain = 16, addresses_a_unit = 1'024;
/// Domains that one turn looks at, to see whether they can be forgotten, and that it forgets.
constexpr std::size_t looked_at_a_turn = 4'096, forgotten_a_turn = 64;

std::vector<Ipv4Prefix> without(std::vector<Ipv4Prefix> prefixes, const PrefixMap<bool>& others) {
    std::erase_if(prefixes, [&](Ipv4Prefix prefix) { return others.find(prefix) != nullptr; });
    return prefixes;
}

PrefixMap<bool> set_of(const std::vector<Ipv4Prefix>& prefixes) {
    PrefixMap<bool> set;
    for (const Ipv4Prefix prefix : prefixes) set[prefix] = true;
    return set;
}

}  // namespace

std::expected<void, Error> Controller::start(TimePoint now, const std::function<bool()>& interrupted) {
    queue_changes({}, now);
    while (put_in_force(now))
        if (interrupted && interrupted()) break;
    return outcome();
}

void Controller::reconfigure(ControllerConfig config, TimePoint now) {
    assert(!changing());
    const bool tiers_differ = config.tiers != config_.tiers;
    const auto before = std::exchange(config_, std::move(config)).static_active;
    sessions_.reconfigure(config_.idle_timeout, config_.reputation_capacity, config_.tiers, tiers_differ);
    admission_.reconfigure(config_.admission);
    honeypot_flows_.reconfigure(config_.honeypot_flows);
    bring_forward(now);
    queue_changes(before, now);
}

/// What protects hosts comes first: new active addresses, and domains that are not to divert. An address that
/// two prefixes name stays active throughout.
void Controller::queue_changes(const std::vector<Ipv4Prefix>& static_before, TimePoint now) {
    refused_ = {};
    unapplied_.clear();  // whatever is not as it should be is queued anew
    static_active_ = set_of(config_.static_active);
    const auto queue = [this](Change::What what, const std::vector<Ipv4Prefix>& prefixes) {
        for (const Ipv4Prefix prefix : prefixes) changes_.push_back({what, prefix});
    };
    queue(Change::What::activate, without(config_.static_active, set_of(static_before)));
    queue_domains(now);
    queue(Change::What::deactivate, without(static_before, static_active_));
}

/// A grant within a dark prefix is never dark, not for a moment: what goes inside comes before what diverts.
void Controller::queue_domains(TimePoint now) {
    for (auto& [prefix, domain] : domains_) domain.granted = domain.dark = false;
    for (const Ipv4Prefix prefix : config_.grants) domains_[prefix].granted = true;
    for (const Ipv4Prefix prefix : config_.dark) domains_[prefix].dark = true;
    for (const bool diverting : {false, true})
        for (auto& [prefix, domain] : domains_) {
            if (domain.since == TimePoint{}) domain.since = now;
            const bool differs = domain.in_switch ? domain.state != domain.wanted_state()
                                                  : domain.granted || diverts(domain.wanted_state());
            if (differs && diverts(domain.wanted_state()) == diverting)
                changes_.push_back({Change::What::apply, prefix});
        }
}

bool Controller::put_in_force(TimePoint now) {
    for (std::uint64_t done = 0; !changes_.empty() && done < portion;) {
        const Change change = changes_.front();
        if (change.what != Change::What::apply) {
            done += change_static(change, portion - done, now);
            continue;
        }
        changes_.pop_front();
        done += for_a_domain + change.prefix.size() / addresses_a_unit;
        const auto place = domains_.find(change.prefix);
        if (place == domains_.end()) continue;
        if (diverts(place->second.wanted_state()) && holds_unapplied(change.prefix))
            unapplied_.insert(change.prefix);
        else if (auto applied = apply(place->first, place->second, now); !applied)
            refuse(change.prefix, applied.error());
    }
    return changing();
}

/// At most `most` addresses of the first change. Returns how many.
std::uint64_t Controller::change_static(const Change& change, std::uint64_t most, TimePoint now) {
    const std::uint64_t end = std::min(next_address_ + most, change.prefix.size());
    const std::uint64_t count = end - next_address_;
    for (; next_address_ < end; ++next_address_) {
        const Ipv4Address address{change.prefix.network.value + static_cast<std::uint32_t>(next_address_)};
        if (change.what == Change::What::activate)
            activate(address, Voucher::static_entry, now);
        else if (!static_active_.covers(Ipv4Prefix::of(address, 32)))
            deactivate(address, Voucher::static_entry);
    }
    if (end < change.prefix.size()) return count;
    next_address_ = 0;
    changes_.pop_front();
    return count;
}

void Controller::refuse(Ipv4Prefix prefix, const Error& error) {
    if (!unapplied_.insert(prefix).second) return;  // it was tried again
    if (refused_.count++ == 0) refused_.first = error;
}

/// A prefix within `prefix` found no room. Nothing is diverted around it, as what is within might be.
bool Controller::holds_unapplied(Ipv4Prefix prefix) const {
    for (auto place = unapplied_.lower_bound(prefix);
         place != unapplied_.end() && place->network <= prefix.last(); ++place)
        if (*place != prefix && prefix.contains(*place)) return true;
    return false;
}

/// The most specific ones first, as around those that find no room again nothing is diverted.
void Controller::try_unapplied_again() {
    if (changing()) return;
    for (auto place = unapplied_.rbegin(); place != unapplied_.rend(); ++place)
        changes_.push_back({Change::What::apply, *place});
}

std::expected<void, Error> Controller::outcome() const {
    if (refused_.count == 0) return {};
    auto error = refused_.first;
    if (refused_.count > 1) error.reason += fmt::format(", and {} more are left out", refused_.count - 1);
    return std::unexpected(error);
}

/// An unknown domain keeps its place for its running sessions, and, if it is a grant, for good: a dark prefix
/// around it must not take it.
bool Controller::may_be_forgotten(Ipv4Prefix prefix, const Domain& domain) const {
    return domain.wanted_state() == DomainState::unknown && domain.state == DomainState::unknown &&
           !domain.granted && switch_.flows.sessions_in(prefix) == 0 && !held_back(prefix);
}

/// It lies within a domain that diverts.
bool Controller::held_back(Ipv4Prefix prefix) const {
    for (unsigned length = 0; length < prefix.length; ++length) {
        if (!prefix_lengths_.test(length)) continue;
        const auto around = domains_.find(Ipv4Prefix::of(prefix.network, length));
        if (around != domains_.end() && diverts(around->second.state)) return true;
    }
    return false;
}

bool Controller::forget_empty_domains() {
    if (!forgetting_) return false;
    std::size_t looked = 0, forgotten = 0;
    auto place = domains_.lower_bound(*forgetting_);
    for (; place != domains_.end() && looked < looked_at_a_turn && forgotten < forgotten_a_turn; ++looked) {
        const auto& [prefix, domain] = *place;
        if (!may_be_forgotten(prefix, domain)) {
            ++place;
            continue;
        }
        if (domain.in_switch) switch_.domains.delete_domain(prefix);
        place = domains_.erase(place);
        ++forgotten;
    }
    forgetting_ = place == domains_.end() ? std::nullopt : std::optional(place->first);
    return forgetting_.has_value();
}

}  // namespace honeyswitch::control
