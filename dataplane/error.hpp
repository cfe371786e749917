// What went wrong, as every fallible function of dataplane/ says it.
#pragma once

#include <string>

namespace honeyswitch::dataplane {

/// Read as one sentence: "cannot <attempted> <object>: <reason>".
struct Error {
    std::string attempted;  ///< a verb phrase: "start port"
    std::string object;     ///< on what: "0000:03:00.0"
    std::string reason;     ///< why not: rte_strerror text, or the limit that was met

    [[nodiscard]] std::string message() const {
        return "cannot " + attempted + (object.empty() ? "" : " " + object) + ": " + reason;
    }
};

}  // namespace honeyswitch::dataplane
