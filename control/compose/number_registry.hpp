// Names of one kind of record, and the number that each is known by in the data plane's tables.
//
// A name keeps its number over reloads, whatever its place in the file. A name that is gone leaves its number
// behind: it is nobody else's until nothing refers to it any more, and no worker can still be reading what
// did.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "control/controller/barriers.hpp"

namespace honeyswitch::control {

/// May be copied: the copy tells, on another thread, which numbers names would have.
class NumberRegistry {
  public:
    using Number = std::uint8_t;

    /// Whether a name that comes back while its number is not free yet has that number again.
    enum class Comeback : std::uint8_t { same_number, another_number };

    /// Numbers from `first` on, `count` of them.
    NumberRegistry(Number first, std::size_t count, Comeback comeback)
        : first_(first), comeback_(comeback), places_(count) {}

    /// Why there are not enough.
    struct Shortage {
        std::string name;                  ///< the first that has none
        std::vector<std::string> leaving;  ///< names that have left, whose numbers are not free yet
    };
    /// Of these names, which differ, in their order. Changes nothing.
    [[nodiscard]] std::expected<std::vector<Number>, Shortage> numbers_for(
        std::span<const std::string> names) const;

    // Control thread

    /// What numbers_for() said of these names, of this registry or of a copy of it, holds from here on; all
    /// other names leave.
    void adopt(std::span<const std::string> names, std::span<const Number> numbers, TimePoint now);

    /// What the number stands for, or stood for while it is not free; empty: nothing.
    [[nodiscard]] std::string name_of(Number number) const;

    /// Whether anything refers to a number whose name left at that moment.
    using Refers = std::function<bool(Number, TimePoint left)>;
    /// Frees what nothing refers to, a grace period later. To be called now and then.
    void free_unused(Barriers& barriers, const Refers& refers);

  private:
    enum class Use : std::uint8_t { free, in_use, leaving };
    struct Place {
        Use use = Use::free;
        std::string name{};
        TimePoint left{};
        std::optional<Barriers::Barrier> grace{};  ///< nothing refers to it since before this
    };

    Number first_;
    Comeback comeback_;
    std::vector<Place> places_;  ///< by number, less `first_`
};

}  // namespace honeyswitch::control
