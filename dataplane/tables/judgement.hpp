// What the operator's rules and lists say of a packet.
#pragma once

#include <cstdint>

#include "dataplane/tables/pool_table.hpp"

namespace honeyswitch::dataplane {

struct Judgement {
    enum class Verdict : std::uint8_t { none, benign, inside, drop, divert };
    static constexpr std::uint32_t no_rule = ~0U;

    Verdict verdict = Verdict::none;
    PoolIndex pool = 0;                 ///< where it goes if it is diverted
    std::uint32_t rule = no_rule;       ///< that decided
    std::uint32_t pool_rule = no_rule;  ///< that chose the pool, if it is diverted
};

}  // namespace honeyswitch::dataplane
