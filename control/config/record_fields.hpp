// The records of a configuration as names and texts: what two configurations are compared by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// A key of a record, as the file has it.
struct RecordField {
    std::string_view key;
    std::string value;    ///< as the file would say it; empty: it is not said
    bool secret = false;  ///< `value` may be compared and goes nowhere else
};

struct RecordText {
    std::string name;  ///< alone of its kind: "'a'", of a tier "'low' to 'high'"
    std::vector<RecordField> fields;
};

/// All records of one kind.
struct RecordsText {
    std::string_view kind;            ///< "honeypot"
    bool order_matters = false;       ///< the first one that fits decides, or is the default
    bool needs_restart = false;       ///< none of them can change while the switch runs
    std::vector<RecordText> records;  ///< in the order of the file
};

/// In the order in which docs/configuration.md has the kinds.
[[nodiscard]] std::vector<RecordsText> records_of(const Config& config);

}  // namespace honeyswitch::control
