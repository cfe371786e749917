// Whether the files of lists and the logs that a configuration names can be read: what a start would say of
// them, before there is one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "control/config/policy.hpp"

namespace honeyswitch::control {

struct ListFinding {
    /// An error: nothing of the file would be on its list. Otherwise a warning: it may yet appear.
    bool is_error = false;
    std::string text;  ///< one line, which names list and file

    friend bool operator==(const ListFinding&, const ListFinding&) = default;
};

/// Reads all of the files, so it may take a second: not for the control thread. `capacity`: source_capacity.
[[nodiscard]] std::vector<ListFinding> check_list_files(std::span<const SourceList> lists,
                                                        std::span<const AuthLog> logs, std::size_t capacity);

}  // namespace honeyswitch::control
