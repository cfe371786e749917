// The numbers by which the tables know honeypots, pools and lists.
#pragma once

#include <cstdint>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// Of what one configuration names, by the index that it has there.
struct Numbers {
    std::vector<std::uint8_t> honeypots, pools, lists;

    /// As the file has them: of a configuration that nothing was in force before.
    [[nodiscard]] static Numbers in_order(const Config& config);

    friend bool operator==(const Numbers&, const Numbers&) = default;
};

}  // namespace honeyswitch::control
