// A prefix of the controller's, as the tables have it.
#pragma once

#include "base/address.hpp"
#include "dataplane/tables/prefix.hpp"

namespace honeyswitch::control {

[[nodiscard]] inline dataplane::Prefix prefix_of(Ipv4Prefix prefix) {
    return {prefix.network.value, prefix.length};
}

}  // namespace honeyswitch::control
