// How far attackers come: the steps of a session, and how many reached each, by port and by source network.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/headers.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Each implies those before it.
enum class Step : std::uint8_t {
    first_packet,  ///< the attacker sent something
    answered,      ///< a honeypot answered
    handshake,     ///< the attacker sent again after the answer: with TCP, its handshake is complete
    payload,       ///< and something in it: with TCP, at least one byte of data
};
inline constexpr std::size_t step_count = 4;
/// In the order of Step, as metrics and reports call them.
inline constexpr std::array<std::string_view, step_count> step_names{"first_packet", "answered", "handshake",
                                                                     "payload"};

/// How many sessions reached each step. One writer; others may read meanwhile. 2.5 MiB, in huge pages where
/// it can be.
class ProgressTally {
  public:
    enum class Transport : std::uint8_t { tcp, udp };
    static constexpr std::size_t ports = 65'536, networks = 65'536;  ///< networks: the /16 prefixes of IPv4

    /// A session (or a flow diverted without one) of this key reached the step.
    void add(const SessionKey& key, Step step) {
        const auto index = static_cast<std::size_t>(step);
        increase(by_network_[index][key.outside.host() >> 16]);
        increase(totals_[index]);
        if (key.kind != KeyKind::ports) return;
        if (key.protocol == protocol::tcp) increase(by_port_[index][0][key.inside_port.host()]);
        if (key.protocol == protocol::udp) increase(by_port_[index][1][key.inside_port.host()]);
    }

    [[nodiscard]] std::uint64_t total(Step step) const {
        return read(totals_[static_cast<std::size_t>(step)]);
    }
    [[nodiscard]] std::uint64_t of_port(Step step, Transport transport, std::uint16_t port) const {
        return read(by_port_[static_cast<std::size_t>(step)][static_cast<std::size_t>(transport)][port]);
    }
    /// `network`: the upper 16 bits of the source address, host byte order.
    [[nodiscard]] std::uint64_t of_network(Step step, std::uint16_t network) const {
        return read(by_network_[static_cast<std::size_t>(step)][network]);
    }

  private:
    using Count = std::atomic<std::uint32_t>;  ///< wraps after 4 G of one port or network

    static void increase(auto& count) {
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    static std::uint64_t read(const auto& count) { return count.load(std::memory_order_relaxed); }

    std::array<std::atomic<std::uint64_t>, step_count> totals_{};
    Count by_port_[step_count][2][ports]{};
    Count by_network_[step_count][networks]{};
};

}  // namespace honeyswitch::dataplane
