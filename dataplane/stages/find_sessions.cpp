#include "dataplane/stages/find_sessions.hpp"

#include <algorithm>

namespace honeyswitch::dataplane {
namespace {

/// The others have no session, and need not be looked up.
void look_up_marked(Candidates& candidates, const SessionTable& sessions, BurstMask marked) {
    std::array<std::uint8_t, burst_size> places;
    std::array<SessionKey, burst_size> keys;
    std::array<std::uint64_t, burst_size> hashes;
    std::array<Session*, burst_size> found;
    std::size_t count = 0;
    const auto result = candidates.sessions();
    std::ranges::fill(result, nullptr);
    for_each(marked, [&](std::size_t i) {
        keys[count] = candidates.key(i);
        hashes[count] = candidates.hash(i);
        sessions.prefetch(hashes[count]);
        places[count++] = static_cast<std::uint8_t>(i);
    });
    if (count == 0) return;
    sessions.lookup(std::span(keys).first(count), hashes, found);
    for (std::size_t i = 0; i < count; ++i) result[places[i]] = found[i];
}

}  // namespace

void find_sessions(Candidates& candidates, const SessionTable& sessions, From from) {
    const auto hashes = candidates.hashes();
    const BurstMask marked =
        from == From::outside ? candidates.may_have_sessions() & candidates.all() : candidates.all();
    const bool all = marked == candidates.all();
    candidates.parse(from, [&](std::size_t i) {
        hashes[i] = sessions.hash(candidates.key(i));
        if (all) sessions.prefetch(hashes[i]);
    });
    if (!all) return look_up_marked(candidates, sessions, marked);
    sessions.lookup(candidates.keys(), hashes, candidates.sessions());
}

}  // namespace honeyswitch::dataplane
