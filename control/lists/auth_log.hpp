// Which source failed to log in, from a line that OpenSSH's sshd wrote.
//
// Nearly all of such a line is the attacker's own choice: the user's name, the name of the method, what a
// certificate calls itself. Only sshd's own words decide, and only the address that sshd itself put in its
// place; where that cannot be told for certain, the line says nothing. Diverting a victim whose address an
// attacker wrote into a user name would be worse than missing a failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.hpp"

namespace honeyswitch::control {

struct FailedLogin {
    Ipv4Address address;
    std::uint16_t port = 0;  ///< of the source: tells its connections apart
    unsigned times = 1;      ///< more in syslog's "message repeated 3 times"
    /// The connection as a whole failed, and sshd may say so in several lines, and besides of each password
    /// that was tried: FailureCounter counts it once, and not at all if passwords of it were counted.
    bool once_per_connection = false;

    friend bool operator==(const FailedLogin&, const FailedLogin&) = default;
};

/// What sshd said, if the line is one of sshd's, whatever syslog or journald wrote before it; of `line`,
/// which is without its end. What any other program says, and quotes, is never taken for it.
[[nodiscard]] std::optional<std::string_view> sshd_message(std::string_view line);

/// Nothing: it is no failure, or not of an IPv4 source.
[[nodiscard]] std::optional<FailedLogin> failed_login_in(std::string_view message);
/// Both in one.
[[nodiscard]] std::optional<FailedLogin> failed_login(std::string_view line);

/// The line has words as sshd has them of a failure, wherever they come from: if it is none of sshd's by
/// sshd_message(), its header may be one that is not understood.
[[nodiscard]] bool looks_like_failed_login(std::string_view line);

}  // namespace honeyswitch::control
