#include "control/honeypots/pool_slots.hpp"

#include <cmath>
#include <vector>

namespace honeyswitch::control {
namespace {

/// FNV-1a, 64 bits (RFC 9923). std::hash promises no equal results from one build to the next.
std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char letter : name) hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3;
    return hash;
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): every bit of the input reaches every bit
/// of the output, as FNV's alone do not.
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

/// Greater than 0 and less than 1, so that its logarithm is finite and not zero.
double fraction(std::uint64_t hash) {
    return (static_cast<double>(hash >> 12) + 0.5) * 0x1p-52;
}

struct Contender {
    std::uint8_t honeypot;
    std::uint64_t hash;
    double weight;

    [[nodiscard]] double score(std::uint64_t slot_hash) const {
        return -weight / std::log(fraction(mixed(hash ^ slot_hash)));
    }
};

/// Equal scores, which 52 bits make rare, are decided by the name's hash: not by the order.
std::uint8_t winner(std::span<const Contender> contenders, std::uint64_t slot_hash) {
    const Contender* best = &contenders.front();
    double best_score = best->score(slot_hash);
    for (const Contender& contender : contenders.subspan(1)) {
        const double score = contender.score(slot_hash);
        if (score < best_score || (score == best_score && contender.hash < best->hash)) continue;
        best = &contender;
        best_score = score;
    }
    return best->honeypot;
}

}  // namespace

void assign_slots(std::span<const PoolMember> members_up, std::span<std::uint8_t, pool_slot_count> slots) {
    std::vector<Contender> contenders;
    contenders.reserve(members_up.size());
    for (const PoolMember& member : members_up)
        contenders.push_back(
            {member.honeypot, mixed(hash_of(member.name)), static_cast<double>(member.weight)});
    for (std::size_t slot = 0; slot < slots.size(); ++slot)
        // The golden ratio keeps neighbouring slots, and slot 0, from being special.
        slots[slot] =
            contenders.empty() ? no_honeypot : winner(contenders, mixed((slot + 1) * 0x9e3779b97f4a7c15));
}

}  // namespace honeyswitch::control
