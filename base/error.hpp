// What went wrong, for the log and for exit messages.
#pragma once

#include <string>
#include <utility>

namespace honeyswitch {

/// What can fail returns std::expected<T, Error>, in all programs. The three parts read as one sentence:
/// "cannot <attempted> <object>: <reason>".
struct Error {
    std::string attempted;  ///< what was attempted, a verb phrase: "open the key file"
    std::string object;     ///< on what: a path, an interface, "agents.toml:12"
    std::string reason;     ///< why not: strerror text, or the rule that was broken

    [[nodiscard]] std::string message() const {
        return "cannot " + attempted + (object.empty() ? "" : " " + object) + ": " + reason;
    }
};

}  // namespace honeyswitch
