// A configuration while it is put together from the file and the command line: its values are valid one by
// one, and each remembers where it was said.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/complaint.hpp"
#include "base/settings/setting.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

/// A name in a record that stands for something declared elsewhere, perhaps later or on the command line.
struct Reference {
    enum class To : std::uint8_t { pool, list, honeypot_port };
    To to = To::pool;
    std::string name;                               ///< as written
    std::string value;                              ///< whose name it is: "[[rule]][1].pool"
    std::string title;                              ///< of its record, for messages: "[[rule]] 'ssh'"
    std::function<void(Config&, std::size_t)> set;  ///< is told the index of what it stands for
};

struct ConfigDraft : Provenance {
    Config config;
    std::string source = "command line";  ///< the file, if there is one
    std::vector<Reference> references;    ///< not yet resolved: the index in the record is not valid

    /// Where `value` was said; the source as a whole if it was left to its default.
    [[nodiscard]] const std::string& place_of(std::string_view value) const {
        const auto found = places.find(value);
        return found == places.end() ? source : found->second;
    }
};

}  // namespace honeyswitch::control
