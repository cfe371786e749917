// The numbers by which the tables know honeypots, pools and lists, over all configurations of a process.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "control/compose/number_registry.hpp"
#include "control/config/config.hpp"
#include "control/controller/switch_ids.hpp"

namespace honeyswitch::control {

/// Of what one configuration names, by the index that it has there.
struct Numbers {
    std::vector<std::uint8_t> honeypots, pools, lists;

    friend bool operator==(const Numbers&, const Numbers&) = default;
};

/// A copy tells a reload's thread which numbers its configuration would have.
class ConfigNumbers {
  public:
    /// Number 0 is the first pool's, which is the default, whatever its name. Errors: there is no room, as
    /// numbers of what was taken out are not free yet; a sentence for each kind.
    [[nodiscard]] std::expected<Numbers, std::vector<std::string>> numbers_for(const Config& config) const;

    // Control thread

    /// The configuration comes into force under these numbers, which a copy of this has given it.
    void adopt(const Config& config, const Numbers& numbers, TimePoint now);

    [[nodiscard]] std::string honeypot(HoneypotId number) const {
        return honeypots_.name_of(std::to_underlying(number));
    }
    [[nodiscard]] std::string pool(PoolId number) const;

    /// Once a second or so.
    void free_unused(Barriers& barriers, const NumberRegistry::Refers& honeypot_refers,
                     const NumberRegistry::Refers& list_refers);

  private:
    using Comeback = NumberRegistry::Comeback;

    NumberRegistry honeypots_{0, limits::honeypots, Comeback::same_number};
    std::string default_pool_;
    NumberRegistry other_pools_{1, limits::pools - 1, Comeback::same_number};
    /// What is still taken out of a list that is gone must not come back with one of the same name.
    NumberRegistry lists_{0, limits::lists, Comeback::another_number};
};

}  // namespace honeyswitch::control
