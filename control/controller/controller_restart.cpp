// What goes on after a restart. The rule is that of a running switch: a host's traffic comes first. Nothing
// is diverted by what is put back here but the packets of the sessions themselves.
#include <algorithm>
#include <array>

#include "control/controller/controller.hpp"

namespace honeyswitch::control {

bool Controller::restore_watch(const WatchRecord& watch, TimePoint now) {
    Domain& domain = domains_[watch.domain];
    if (domain.since == TimePoint{}) domain.since = now;
    const bool is_new = !domain.in_switch;
    if (is_new && !apply(watch.domain, domain, now)) {
        if (!domain.granted && !domain.dark) domains_.erase(watch.domain);
        return false;
    }
    if (!switch_.domains.keep_states(watch.domain)) return false;
    lapses_.push_back({watch.agent, watch.domain, watch.lapse, watch.domain.network});
    return true;
}

/// Nobody else sights anything yet, so that what is to be taken is this one alone.
bool Controller::restore_sighting(const SightingRecord& sighting, TimePoint now) {
    if (!switch_.sightings.restore_sighting(sighting.address, sighting.asked)) return false;
    std::array<Ipv4Address, 1> taken;
    if (switch_.sightings.take_sightings(taken) == 0) return false;
    activate(sighting.address, Voucher::sighting, now);
    sightings_.push_back({sighting.address, sighting.asked, sighting.due});
    return true;
}

/// A TCP connection stays with its honeypot although its address has become active since, as it does without
/// a restart; but not where the configuration says that the address is a host's.
std::expected<FlowId, SessionLoss> Controller::restore_session(SessionRecord session, bool diverted_anyway,
                                                               TimePoint now) {
    const SessionKey& key = session.stats.key;
    const Ipv4Address destination{key.inside.host()};
    if (session.stats.last_seen + config_.idle_timeout <= now) return std::unexpected(SessionLoss::expired);
    const auto* const domain = domain_around(destination);
    if (!diverted_anyway) {
        if (static_active_.covers(Ipv4Prefix::of(destination, 32))) return std::unexpected(SessionLoss::live);
        if (domain == nullptr) return std::unexpected(SessionLoss::not_dark);
    }
    // A domain that nothing is known of yet keeps nothing of its addresses either.
    if (domain != nullptr && !diverts(domain->second.state))
        if (!switch_.domains.keep_states(domain->first)) return std::unexpected(SessionLoss::no_room);
    if (switch_.flows.find_session(key)) return std::unexpected(SessionLoss::twice);
    session.contained = switch_.placement.on_campus({key.outside.host()});
    const auto flow = sessions_.restore(session);
    if (!flow) return std::unexpected(SessionLoss::no_room);
    return *flow;
}

}  // namespace honeyswitch::control
