// Why a program does not go on from its command line, and what every program of ours ends with.
#pragma once

#include <string>
#include <string_view>

#include "base/complaint.hpp"

namespace honeyswitch {

enum ExitCode : int {
    stopped_on_request = 0,
    failed = 1,
    bad_configuration = 2,  ///< or bad options: starting again changes nothing
};

struct Declined {
    std::string shown;  ///< help or version, which was asked for; empty if something is wrong
    Complaint complaint{};
    bool misuse = false;  ///< it is the options that are not understood, and not what they say

    [[nodiscard]] static Declined misused(Complaint complaint) { return {"", std::move(complaint), true}; }

    [[nodiscard]] ExitCode code() const { return shown.empty() ? bad_configuration : stopped_on_request; }
    /// For standard output if the code is 0, for standard error otherwise.
    [[nodiscard]] std::string text(std::string_view program) const;
};

}  // namespace honeyswitch
