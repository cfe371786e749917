#include "control/tiers/source_reputation.hpp"

#include <algorithm>

namespace honeyswitch::control {

SourceReputation::SourceReputation(std::uint32_t capacity, std::span<const Tier> tiers,
                                   ReputationSecret secret)
    : secret_(secret) {
    for (const Tier& tier : tiers)
        marks_.push_back({.tier = tier,
                          .destination_bits = DistinctCount::bits_for(tier.destinations.value_or(0)),
                          .table = table_for(tier.window, capacity)});
}

std::size_t SourceReputation::table_for(Milliseconds window, std::uint32_t capacity) {
    const auto known =
        std::ranges::find(windows_, window, [](const Window& entry) { return entry.table.window(); });
    const auto index = static_cast<std::size_t>(known - windows_.begin());
    if (known == windows_.end()) windows_.push_back({.table = ReputationTable(capacity, window, secret_)});
    return index;
}

SourceReputation::Reached SourceReputation::reached(std::size_t table, ReputationTable::Place place,
                                                    TimePoint now) const {
    const auto sum = windows_[table].table.sum(place, now);
    const auto enough = [](std::uint32_t number, const std::optional<std::uint32_t>& least) {
        return least && number >= *least;
    };
    Reached result = 0;
    for (std::size_t i = 0; i < marks_.size(); ++i) {
        const auto& [tier, destination_bits, own_table] = marks_[i];
        if (own_table != table) continue;
        if (enough(sum.sessions, tier.sessions) || enough(sum.payload_sessions, tier.payload_sessions) ||
            (tier.destinations && sum.destination_bits >= destination_bits))
            result |= Reached{1} << i;
    }
    return result;
}

/// What was reached earlier stays noted until expire() has told that it no longer is.
bool SourceReputation::note_reached(std::size_t table, ReputationTable::Place place, TimePoint now) {
    auto& reputation = windows_[table].table;
    const auto noted = reputation.kept(place);
    const auto all = noted | reached(table, place, now);
    reputation.keep(place, all);
    return all != noted;
}

bool SourceReputation::session_began(Ipv4Address source, Ipv4Address destination, TimePoint now) {
    bool changed = false;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
        const auto place = windows_[i].table.touch(source, now);
        if (!place) continue;
        windows_[i].table.add_session(*place, destination);
        changed = note_reached(i, *place, now) || changed;
    }
    return changed;
}

bool SourceReputation::payload_sent(Ipv4Address source, TimePoint now) {
    bool changed = false;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
        const auto place = windows_[i].table.touch(source, now);
        if (!place) continue;
        windows_[i].table.add_payload(*place);
        changed = note_reached(i, *place, now) || changed;
    }
    return changed;
}

std::size_t SourceReputation::pool_for(Ipv4Address source, std::size_t pool, TimePoint now) const {
    Reached all = 0;
    for (std::size_t i = 0; i < windows_.size(); ++i)
        if (const auto place = windows_[i].table.find(source)) all |= reached(i, *place, now);
    for (std::size_t i = 0; all != 0 && i < marks_.size(); ++i)
        if ((all >> i & 1) != 0 && marks_[i].tier.from == pool) pool = marks_[i].tier.to;
    return pool;
}

void SourceReputation::look_at(std::size_t table, ReputationTable::Place place, TimePoint now,
                               const std::function<void(Ipv4Address)>& fell_back) {
    auto& reputation = windows_[table].table;
    if (const auto noted = reputation.kept(place); noted != 0) {
        const auto still = noted & reached(table, place, now);
        reputation.keep(place, still);
        if (still != noted) fell_back(reputation.source(place));
    }
    reputation.forget_if_old(place, now);
}

void SourceReputation::expire(TimePoint now, std::size_t places,
                              const std::function<void(Ipv4Address)>& fell_back) {
    for (std::size_t i = 0; i < windows_.size(); ++i) {
        Window& window = windows_[i];
        const auto half = window.table.half_of(now);
        if (window.next == 0 && half == window.looked_in) continue;  // numbers only fall when a half ends
        if (window.next == 0) window.looked_in = half;
        const std::uint32_t all = window.table.places();
        for (std::size_t looked = 0; looked < places && window.next < all; ++looked, ++window.next)
            look_at(i, ReputationTable::Place{window.next}, now, fell_back);
        if (window.next == all) window.next = 0;
    }
}

bool SourceReputation::each_reached(Cursor& cursor, std::size_t places, std::size_t most,
                                    const std::function<void(Ipv4Address)>& visit) const {
    for (; cursor.window < windows_.size(); ++cursor.window, cursor.place = 0) {
        const ReputationTable& table = windows_[cursor.window].table;
        for (; cursor.place < table.places(); ++cursor.place, --places) {
            if (places == 0 || most == 0) return true;
            const ReputationTable::Place place{cursor.place};
            if (table.kept(place) == 0) continue;
            --most;
            visit(table.source(place));
        }
    }
    return false;
}

SourceReputation::Numbers SourceReputation::numbers(Ipv4Address source, Milliseconds window,
                                                    TimePoint now) const {
    for (const auto& entry : windows_) {
        if (entry.table.window() != window) continue;
        const auto place = entry.table.find(source);
        if (!place) return {};
        const auto sum = entry.table.sum(*place, now);
        return {.sessions = sum.sessions,
                .payload_sessions = sum.payload_sessions,
                .destinations = DistinctCount::estimate(sum.destination_bits)};
    }
    return {};
}

std::uint32_t SourceReputation::size() const {
    std::uint32_t most = 0;
    for (const auto& entry : windows_) most = std::max(most, entry.table.size());
    return most;
}

std::size_t SourceReputation::bytes() const {
    std::size_t sum = 0;
    for (const auto& entry : windows_) sum += entry.table.bytes();
    return sum;
}

}  // namespace honeyswitch::control
