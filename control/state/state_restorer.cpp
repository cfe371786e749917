#include "control/state/state_restorer.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

#include <fmt/format.h>

#include "base/duration.hpp"

namespace honeyswitch::control {
namespace {

StateLoss loss_of(SessionLoss loss) {
    return static_cast<StateLoss>(std::to_underlying(loss));
}
static_assert(std::to_underlying(SessionLoss::count_) == std::to_underlying(StateLoss::no_honeypot));

StateRefused refusal_of(const StateFlaw& flaw) {
    using Why = StateRefused::Why;
    if (flaw.kind == StateFlaw::Kind::newer) return {Why::newer, flaw.reason};
    return {flaw.kind == StateFlaw::Kind::unreadable ? Why::unreadable : Why::broken, flaw.reason};
}

class Restorer {
  public:
    Restorer(Controller& controller, const StatePlaces& places, const AnywayDiverted& rules,
             const StateHeader& header, WallMilliseconds wall, TimePoint now)
        : controller_(controller),
          places_(places),
          rules_(rules),
          header_(header),
          clocks_(std::max(wall, header.saved_at), now),
          now_(now) {
        restored_.away = std::max(wall - header.saved_at, Milliseconds{0});
    }

    [[nodiscard]] std::expected<void, StateRefused> take(const StateBlock& block);
    /// When all blocks are taken.
    [[nodiscard]] Restored finish();

  private:
    void take_honeypots(const StateBlock& block);
    void take_links(const StateBlock& block);
    void take_agents(const StateBlock& block);
    [[nodiscard]] bool is_of_this_campus(const StateBlock& block) const;
    void take_watch(const WatchRecord& watch);
    void take_voucher(SavedVoucher voucher);
    void restore_sightings();
    void take_session(SessionRecord session);
    [[nodiscard]] std::expected<void, StateLoss> translate(SessionRecord& session) const;
    void lose(StateLoss loss) { ++restored_.lost.at(std::to_underlying(loss)); }

    Controller& controller_;
    const StatePlaces& places_;
    const AnywayDiverted& rules_;
    StateHeader header_;
    ClockPair clocks_;
    TimePoint now_;
    Restored restored_;
    // By the numbers of the file.
    std::map<std::uint32_t, HoneypotId> honeypots_;
    std::map<std::uint32_t, std::uint8_t> links_;
    std::map<AgentId, const StatePlaces::AgentPlace*> agents_;
    std::map<AgentId, PrefixMap<bool>> watched_;  ///< by the numbers of today
    std::vector<SightingRecord> sightings_;
};

std::expected<void, StateRefused> Restorer::take(const StateBlock& block) {
    const auto each = [&](auto visit) {
        for (std::uint32_t i = 0; i < block.entries(); ++i) visit(i);
    };
    switch (block.kind()) {
        case StateKind::honeypots:
            take_honeypots(block);
            break;
        case StateKind::links:
            take_links(block);
            break;
        case StateKind::agents:
            take_agents(block);
            break;
        case StateKind::campus:
            if (!is_of_this_campus(block))
                return std::unexpected(
                    StateRefused{StateRefused::Why::other_campus, "none of its prefixes is of this campus"});
            break;
        case StateKind::watches:
            each([&](std::uint32_t i) { take_watch(block.watch(i, clocks_)); });
            break;
        case StateKind::vouchers:
            each([&](std::uint32_t i) { take_voucher(block.voucher(i)); });
            break;
        case StateKind::sightings:
            each([&](std::uint32_t i) { sightings_.push_back(block.sighting(i, clocks_)); });
            break;
        case StateKind::sessions:
            each([&](std::uint32_t i) { take_session(block.session(i, clocks_)); });
            break;
        case StateKind::end:
            break;
    }
    return {};
}

void Restorer::take_honeypots(const StateBlock& block) {
    for (const SavedName& saved : block.names()) {
        const auto place = places_.honeypots.find(saved.name);
        if (place == places_.honeypots.end()) continue;
        honeypots_[saved.number] = place->second;
        if (saved.mac) restored_.honeypots.emplace_back(place->second, *saved.mac);
    }
}

void Restorer::take_links(const StateBlock& block) {
    for (const SavedName& saved : block.names())
        if (const auto place = places_.links.find(saved.name); place != places_.links.end())
            links_[saved.number] = place->second;
}

void Restorer::take_agents(const StateBlock& block) {
    for (const SavedName& saved : block.names())
        if (const auto place = places_.agents.find(saved.name); place != places_.agents.end())
            agents_[AgentId{saved.number}] = &place->second;
}

bool Restorer::is_of_this_campus(const StateBlock& block) const {
    PrefixMap<bool> here;
    for (const Ipv4Prefix prefix : places_.campus) here[prefix] = true;
    for (std::uint32_t i = 0; i < block.entries(); ++i)
        if (here.overlaps(block.prefix(i))) return true;
    return block.entries() == 0;
}

/// A clock that was set forward, or a long time away, lets nothing last longer than it would have.
void Restorer::take_watch(const WatchRecord& watch) {
    const auto agent = agents_.find(watch.agent);
    if (agent == agents_.end() || watch.lapse <= now_) return;
    const auto granted = [&](Ipv4Prefix grant) { return grant.contains(watch.domain); };
    if (std::ranges::none_of(agent->second->grants, granted)) return;
    const AgentId today = agent->second->number;
    if (!controller_.restore_watch({today, watch.domain, watch.lapse}, now_)) return;
    watched_[today][watch.domain] = true;
    ++restored_.totals.watches;
}

void Restorer::take_voucher(SavedVoucher voucher) {
    const auto agent = agents_.find(voucher.agent);
    if (agent == agents_.end()) return;
    const auto watched = watched_.find(agent->second->number);
    if (watched == watched_.end() || !watched->second.covers(Ipv4Prefix::of(voucher.address, 32))) return;
    controller_.restore_voucher(agent->second->number, voucher.address, now_);
    ++restored_.totals.vouchers;
}

/// Nobody has listened meanwhile, so the time away says nothing of a host, unless it is a whole lifetime. Of
/// two of one address the later one holds.
void Restorer::restore_sightings() {
    if (restored_.away >= places_.sighting_lifetime) return;
    std::unordered_set<Ipv4Address> seen;
    std::vector<SightingRecord> latest;
    for (SightingRecord sighting : std::views::reverse(sightings_)) {
        if (!seen.insert(sighting.address).second) continue;
        sighting.due = std::min(sighting.due + restored_.away, now_ + places_.sighting_lifetime / 2);
        latest.push_back(sighting);
    }
    std::ranges::sort(latest, {}, &SightingRecord::due);
    for (const SightingRecord& sighting : latest)
        if (controller_.restore_sighting(sighting, now_)) ++restored_.totals.sightings;
}

std::expected<void, StateLoss> Restorer::translate(SessionRecord& session) const {
    if (header_.observing && !places_.observing) return std::unexpected(StateLoss::observed);
    const auto honeypot = honeypots_.find(std::to_underlying(session.stats.honeypot));
    if (honeypot == honeypots_.end()) return std::unexpected(StateLoss::no_honeypot);
    const auto link = links_.find(session.stats.path.link);
    if (link == links_.end()) return std::unexpected(StateLoss::no_link);
    session.stats.honeypot = honeypot->second;
    session.stats.path.link = link->second;
    return {};
}

void Restorer::take_session(SessionRecord session) {
    if (const auto translated = translate(session); !translated) return lose(translated.error());
    const bool anyway = rules_.diverts_anyway(session.stats.key);
    if (const auto flow = controller_.restore_session(session, anyway, now_); !flow)
        return lose(loss_of(flow.error()));
    ++restored_.totals.sessions;
}

Restored Restorer::finish() {
    restore_sightings();
    return std::move(restored_);
}

}  // namespace

std::uint64_t Restored::lost_sessions() const {
    return std::accumulate(lost.begin(), lost.end(), std::uint64_t{0});
}

std::expected<Restored, StateRefused> restore_state(ByteSource& source, Controller& controller,
                                                    const StatePlaces& places, const AnywayDiverted& rules,
                                                    WallMilliseconds wall, TimePoint now) {
    const auto header = check_state(source);
    if (!header) return std::unexpected(refusal_of(header.error()));
    Restorer restorer(controller, places, rules, *header, wall, now);
    StateReader reader(source);
    if (const auto again = reader.header(); !again) return std::unexpected(refusal_of(again.error()));
    while (true) {
        const auto read = reader.next();
        if (!read) return std::unexpected(refusal_of(read.error()));
        const auto& block = *read;
        if (!block) return restorer.finish();
        if (auto taken = restorer.take(*block); !taken) return std::unexpected(taken.error());
    }
}

std::string restored_text(const Restored& restored) {
    const auto away = duration_text(std::chrono::ceil<std::chrono::seconds>(restored.away));
    auto text =
        fmt::format("restart: {} sessions, {} sightings and {} addresses of agents are back after {}",
                    restored.totals.sessions, restored.totals.sightings, restored.totals.vouchers, away);
    if (restored.lost_sessions() == 0) return text;
    text += fmt::format("; {} sessions are not", restored.lost_sessions());
    std::string_view between = ": ";
    for (std::size_t i = 0; i < state_loss_count; ++i) {
        if (restored.lost.at(i) == 0) continue;
        text += fmt::format("{}{} {}", between, restored.lost.at(i), state_loss_words.at(i));
        between = ", ";
    }
    return text;
}

}  // namespace honeyswitch::control
