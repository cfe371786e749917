// Every offset of a prefix once, in an order that looks random, without storing the order.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace honeyswitch::agent {

/// A bijection of 0 to 2^bits - 1: rounds of an odd multiplication, an addition and a shift-xor, each of
/// which is one modulo 2^bits. A sweep in this order meets the hosts of a rack or of an access switch spread
/// out.
class Permutation {
  public:
    /// `bits` <= 16. `random` yields any 32-bit numbers.
    Permutation(unsigned bits, const std::function<std::uint32_t()>& random)
        : mask_((std::uint32_t{1} << bits) - 1), shift_(bits / 2 + 1) {
        for (auto& round : rounds_) round = {random() | 1, random()};
    }

    /// Precondition: index <= 2^bits - 1.
    [[nodiscard]] std::uint32_t operator()(std::uint32_t index) const {
        for (const auto& round : rounds_) {
            index = (index * round.factor + round.summand) & mask_;
            index ^= index >> shift_;
        }
        return index;
    }

  private:
    struct Round {
        std::uint32_t factor, summand;
    };
    std::uint32_t mask_;
    unsigned shift_;
    std::array<Round, 3> rounds_{};
};

}  // namespace honeyswitch::agent
