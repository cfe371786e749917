#include "control/tiers/reputation_table.hpp"

#include <algorithm>
#include <random>

namespace honeyswitch::control {
namespace {

constexpr std::int64_t tick_ms = 64;  // 32 bits of them last for 8 years

}  // namespace

ReputationSecret ReputationSecret::random() {
    std::random_device device;
    const auto draw = [&] { return std::uint64_t{device()} << 32 | device(); };
    return {draw() | 1, draw()};
}

/// Two rounds of multiplication and folding: without the secret nobody can say which values share a set.
std::uint64_t ReputationSecret::hash(std::uint32_t value) const {
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const auto product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    return fold(fold(value ^ mask, multiplier), multiplier ^ 0x9e37'79b9'7f4a'7c15);
}

ReputationTable::ReputationTable(std::uint32_t capacity, Milliseconds window, ReputationSecret secret)
    : window_(window),
      half_ticks_(static_cast<std::uint32_t>(std::max<std::int64_t>(window.count() / 2 / tick_ms, 1))),
      secret_(secret),
      tags_((std::size_t{capacity} + ways - 1) / ways * ways),
      counts_(tags_.size()) {}

std::size_t ReputationTable::bytes() const {
    return tags_.size() * sizeof(Tag) + counts_.size() * sizeof(Counts);
}

std::uint32_t ReputationTable::tick_of(TimePoint now) {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0) / tick_ms);
}

std::uint32_t ReputationTable::first_of_set(Ipv4Address source) const {
    const auto upper = secret_.hash(source.value) >> 32;
    return static_cast<std::uint32_t>((upper * (tags_.size() / ways)) >> 32) * ways;
}

std::uint32_t ReputationTable::halves_since(const Tag& tag, std::uint32_t half) const {
    const auto seen = tag.seen / half_ticks_;
    return half > seen ? half - seen : 0;
}

std::optional<ReputationTable::Place> ReputationTable::find(Ipv4Address source) const {
    if (tags_.empty()) return std::nullopt;
    const auto first = first_of_set(source);
    for (auto i = first; i < first + ways; ++i)
        if (tags_[i].source == source.value && tags_[i].done != 0) return Place{i};
    return std::nullopt;
}

std::optional<ReputationTable::Place> ReputationTable::make_room(std::uint32_t first, std::uint32_t half) {
    std::optional<std::uint32_t> least;
    const auto done = [&](const Tag& tag) { return halves_since(tag, half) < 2 ? tag.done : 0; };
    for (auto i = first; i < first + ways; ++i) {
        if (tags_[i].done == 0) {
            ++size_;
            return Place{i};
        }
        if (tags_[i].kept != 0) continue;
        if (!least ||
            std::pair(done(tags_[i]), tags_[i].seen) < std::pair(done(tags_[*least]), tags_[*least].seen))
            least = i;
    }
    if (!least) return std::nullopt;
    return Place{*least};
}

/// Makes the current half that of `half`.
void ReputationTable::turn_over(Place place, std::uint32_t half) {
    const auto passed = halves_since(tag(place), half);
    if (passed == 0) return;
    auto& counts = counts_[static_cast<std::size_t>(place)];
    counts.before = passed == 1 ? counts.current : Half{};
    counts.current = {};
    tag(place).done = counts.before.sessions + counts.before.payload_sessions;
}

std::optional<ReputationTable::Place> ReputationTable::touch(Ipv4Address source, TimePoint now) {
    if (tags_.empty()) return std::nullopt;
    const auto half = half_of(now);
    auto place = find(source);
    if (place) {
        turn_over(*place, half);
    } else {
        place = make_room(first_of_set(source), half);
        if (!place) return std::nullopt;
        tag(*place) = {.source = source.value};
        counts_[static_cast<std::size_t>(*place)] = {};
    }
    tag(*place).seen = std::max(tag(*place).seen, tick_of(now));
    return place;
}

void ReputationTable::add_session(Place place, Ipv4Address destination) {
    auto& current = counts_[static_cast<std::size_t>(place)].current;
    ++current.sessions;
    current.destinations.add(static_cast<std::uint32_t>(secret_.hash(destination.value)));
    ++tag(place).done;
}

void ReputationTable::add_payload(Place place) {
    ++counts_[static_cast<std::size_t>(place)].current.payload_sessions;
    ++tag(place).done;
}

ReputationTable::Sum ReputationTable::sum(Place place, TimePoint now) const {
    const auto& [current, before] = counts_[static_cast<std::size_t>(place)];
    const auto passed = halves_since(tag(place), half_of(now));
    if (passed >= 2) return {};
    const Half& older = passed == 0 ? before : current;
    return {.sessions = current.sessions + (passed == 0 ? before.sessions : 0),
            .payload_sessions = current.payload_sessions + (passed == 0 ? before.payload_sessions : 0),
            .destination_bits = current.destinations.set_with(older.destinations)};
}

void ReputationTable::forget_if_old(Place place, TimePoint now) {
    auto& old = tag(place);
    if (old.done == 0 || old.kept != 0 || halves_since(old, half_of(now)) < 2) return;
    old = {};
    --size_;
}

}  // namespace honeyswitch::control
