// The agent's options while they are put together from the file and the command line.
#pragma once

#include <expected>
#include <string>

#include "agent/config/options.hpp"
#include "base/settings/setting.hpp"

namespace honeyswitch::agent {

struct OptionsDraft : Provenance {
    AgentOptions options;
    std::string source = "command line";  ///< the file, if there is one

    /// Where `value` was said; the source as a whole if it was left to its default.
    [[nodiscard]] const std::string& place_of(std::string_view value) const {
        const auto found = places.find(value);
        return found == places.end() ? source : found->second;
    }
};

/// "[[domain]][1].", with which the names of its values begin.
[[nodiscard]] std::string domain_value(std::size_t index);

/// What is wrong with the domains as a whole, between one value and another.
[[nodiscard]] std::expected<void, Complaint> check_domains(const OptionsDraft& draft);

}  // namespace honeyswitch::agent
