#include "control/compose/numbers.hpp"

#include <numeric>

namespace honeyswitch::control {
namespace {

std::vector<std::uint8_t> counted(std::size_t count) {
    std::vector<std::uint8_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::uint8_t{0});
    return numbers;
}

}  // namespace

Numbers Numbers::in_order(const Config& config) {
    return {.honeypots = counted(config.honeypots.size()),
            .pools = counted(config.pools.size()),
            .lists = counted(config.lists.size())};
}

}  // namespace honeyswitch::control
