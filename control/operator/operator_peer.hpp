// Who speaks through the operator's socket, by what the kernel says of the process, and what it may do.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"

namespace honeyswitch::control {

/// Who may do what, beside root and the user that the switch runs as, who may do all.
struct OperatorGroups {
    std::optional<gid_t> change;  ///< [operator] group
    std::optional<gid_t> read;    ///< [operator] read_group

    /// Each peer is looked at, instead of the socket's file mode deciding for all who get in.
    [[nodiscard]] bool decide() const { return change.has_value() || read.has_value(); }
    /// By their names; an empty name: none. Errors: there is no such group.
    [[nodiscard]] static std::expected<OperatorGroups, Error> find(const std::string& change,
                                                                   const std::string& read);
};

enum class OperatorRight : std::uint8_t { none, read, change };

struct OperatorPeer {
    uid_t uid = 0;
    pid_t pid = 0;
    std::vector<gid_t> groups{};  ///< its own, and the supplementary ones

    /// Of a connected Unix socket, as it was when the peer connected.
    [[nodiscard]] static std::optional<OperatorPeer> of(int socket);
    /// "uid 1000, pid 4242"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] OperatorRight right(const OperatorGroups& groups) const;
};

}  // namespace honeyswitch::control
